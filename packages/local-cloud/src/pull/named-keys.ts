// The keys of items that a request to DynamoDB names: what it reads, writes or checks.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

export interface Named {
  readonly table: string;
  /** The key, and of a put all of the item. */
  readonly item: Item;
}

type Part = { readonly TableName?: string; readonly Key?: Item; readonly Item?: Item };
type Parts = Readonly<Record<string, Part | undefined>>;
type OfTable =
  | { readonly Keys?: Item[] }
  | readonly { readonly PutRequest?: { Item: Item }; readonly DeleteRequest?: { Key: Item } }[];

export function namedKeys(request: object): Named[] {
  const { TransactItems = [], RequestItems = {} } = request as {
    readonly TransactItems?: readonly Parts[];
    readonly RequestItems?: Readonly<Record<string, OfTable>>;
  };
  const parts: (Part | undefined)[] = [
    request as Part,
    ...TransactItems.flatMap((one) => Object.values(one)),
  ];
  return [...parts.flatMap(ofPart), ...Object.entries(RequestItems).flatMap(ofBatch)];
}

/** A request in the form that the SDK takes: on the wire, binary is base64. */
export function requestIn(body: string): Record<string, unknown> {
  return JSON.parse(body, (name, value: unknown) => {
    if (name === "B" && typeof value === "string") return Buffer.from(value, "base64");
    if (name === "BS" && Array.isArray(value)) return value.map((one) => Buffer.from(String(one), "base64"));
    return value;
  }) as Record<string, unknown>;
}

function ofPart(part: Part | undefined): Named[] {
  const { TableName, Key, Item } = part ?? {};
  const item = Key ?? Item;
  return TableName === undefined || item === undefined ? [] : [{ table: TableName, item }];
}

function ofBatch([table, asked]: [string, OfTable]): Named[] {
  const items =
    "Keys" in asked
      ? asked.Keys
      : (asked as Exclude<OfTable, { Keys?: Item[] }>).map(
          ({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key,
        );
  return (items ?? []).filter((item) => item !== undefined).map((item) => ({ table, item }));
}

// Copies evidence from the former common table into the tables of the services, item by item and unchanged, whatever release
// wrote it.
//
//   G2. An item that exists already is left as it is. So the copy may die anywhere and be repeated, also by several processes.
//   G11. The number of segments and writes at a time is fixed, whatever the size of the table.

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { type MovePlan, tablesFor } from "./plan.ts";

export interface Copied {
  /** Items of the former table. */
  readonly read: number;
  readonly copied: number;
  /** Of an earlier attempt. */
  readonly there: number;
  /** By the name of a function or queue that no service has. */
  readonly left: ReadonlyMap<string, number>;
}

export interface CopyOptions {
  readonly onPage?: (soFar: Copied) => void;
}

type Item = Readonly<Record<string, AttributeValue>>;

const segments = 4;
/** Of a segment. */
const putsTogether = 12;

export async function copyEvidence(
  dynamodb: DynamoDBClient,
  plan: MovePlan,
  { onPage }: CopyOptions = {},
): Promise<Copied> {
  const soFar = { read: 0, copied: 0, there: 0, left: new Map<string, number>() };
  await Promise.all(Array.from({ length: segments }, (_, index) => copySegment(index)));
  return soFar;

  async function copySegment(Segment: number): Promise<void> {
    const scan = { TableName: plan.former, ConsistentRead: true, Segment, TotalSegments: segments };
    for await (const { Items = [] } of paginateScan({ client: dynamodb }, scan)) {
      for (let at = 0; at < Items.length; at += putsTogether) {
        await Promise.all(Items.slice(at, at + putsTogether).map(copyItem));
      }
      onPage?.(soFar);
    }
  }

  async function copyItem(item: Item): Promise<void> {
    const tables = tablesFor(plan, item);
    soFar.read += 1;
    if ("unknown" in tables) {
      soFar.left.set(tables.unknown, (soFar.left.get(tables.unknown) ?? 0) + 1);
      return;
    }
    for (const table of tables) soFar[(await putUnlessThere(table, item)) ? "copied" : "there"] += 1;
  }

  async function putUnlessThere(TableName: string, item: Item): Promise<boolean> {
    try {
      const Item = { ...item };
      await dynamodb.send(
        new PutItemCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(id)" }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

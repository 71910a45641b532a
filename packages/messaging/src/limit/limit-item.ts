// The items that all environments of a limit share. They are in the service's evidence table, under ids that begin with
// `limit#` and the limit's name: the consumer's role may update these and no others.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { nowSeconds } from "../core/clock.ts";
import { environment } from "../core/environment.ts";

export interface LimitOptions {
  /**
   * The name of the limit, as the stack grants it: `addConsumer(shipOrder, { limits: ["carrier"] })`. All consumers of a
   * service with this name share it.
   */
  readonly key: string;
  /** Where the limit is kept; by default in what EVIDENCE_TABLE names. */
  readonly table?: string;
  readonly client?: DynamoDBClient;
}

export interface LimitTable {
  readonly name: string;
  readonly table: string;
  client(): DynamoDBClient;
  /** The id of one of its items. */
  idOf(...parts: readonly string[]): string;
  /**
   * Updates an item, and lets its TTL begin anew.
   * @returns the item after the update, or as it is where the condition was not met
   */
  update(id: string, change: Change): Promise<Updated>;
}

/** Attributes are named as they are: none of their names is a reserved word of DynamoDB. */
export interface Change {
  readonly set?: string;
  /** What else the update does. */
  readonly rest?: string;
  readonly condition?: string;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

export interface Updated {
  readonly isDone: boolean;
  /** Undefined when there is no item. */
  readonly item: StoredLimit | undefined;
}

export type StoredLimit = Readonly<Record<string, AttributeValue>>;

/** Of a limit that nobody uses any more, a tenant's for one; longer than any token is sold ahead (12 h). */
const keptSeconds = 604_800;

/** @throws Error when the name is none, or the stack grants no limit of this name */
export function limitTable(owner: string, { key, table, client }: LimitOptions): LimitTable {
  if (typeof key !== "string" || !/^[a-z][a-z\d-]{0,62}$/.test(key)) {
    throw new Error(
      `${owner}: key must be a name such as "carrier" (a-z, 0-9 and hyphens, 63 characters at most), got ${JSON.stringify(key)}`,
    );
  }
  const granted = environment("LIMITS");
  if (!granted.startsWith("unset:") && !granted.split(",").includes(key)) {
    throw new Error(
      `${owner}: key must be a limit that the stack grants (${granted}), got ${JSON.stringify(key)}: ` +
        `addConsumer(contract, { limits: [${JSON.stringify(key)}] })`,
    );
  }
  const TableName = table ?? environment("EVIDENCE_TABLE");
  const clientOf = () => client ?? dynamodb();
  return {
    name: key,
    table: TableName,
    client: clientOf,
    idOf: (...parts) => ["limit", key, ...parts].join("#"),

    async update(id, { set, rest = "", condition, values }) {
      const sets = ["expiresAt = :expiresAt", set].filter(Boolean).join(", ");
      try {
        const { Attributes } = await clientOf().send(
          new UpdateItemCommand({
            TableName,
            Key: { id: { S: id } },
            UpdateExpression: `SET ${sets} ${rest}`,
            ConditionExpression: condition,
            ExpressionAttributeValues: { ...values, ":expiresAt": number(nowSeconds() + keptSeconds) },
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        );
        return { isDone: true, item: Attributes };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { isDone: false, item: error.Item };
      }
    },
  };
}

/** 0 when nothing is there; undefined when it is no number as the kit writes them. */
export function numberIn(item: StoredLimit | undefined, name: string): number | undefined {
  const value = item?.[name];
  if (value === undefined) return 0;
  const read = Number(value.N);
  return read >= 0 && String(read) === value.N ? read : undefined; // rounded, it would meet no condition
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}

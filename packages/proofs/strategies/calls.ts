// The few calls that strategies are made of, by clients of their own, so that each explored process has new ones.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type ScanCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

const variables = {
  accounts: "ACCOUNTS_TABLE",
  evidence: "EVIDENCE_TABLE",
  outbox: "OUTBOX_TABLE",
  ordered: "ORDERED_OUTBOX_TABLE",
};
export type TableOfStrategy = keyof typeof variables;

export interface Calls {
  get(table: TableOfStrategy, id: string): Promise<Record<string, unknown> | undefined>;
  items(table: TableOfStrategy): Promise<Record<string, unknown>[]>;
  /** The items of an id whose place is lower, in the order of their places. */
  before(table: TableOfStrategy, id: string, place: string): Promise<Record<string, unknown>[]>;
  put(table: TableOfStrategy, item: Record<string, unknown>): Promise<void>;
  /** @returns false when it is there already */
  putNew(table: TableOfStrategy, item: Record<string, unknown>): Promise<boolean>;
  /** @throws ConditionalCheckFailedException when the item that is there does not have this value */
  putIf(
    table: TableOfStrategy,
    item: Record<string, unknown>,
    when: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** @throws TransactionCanceledException */
  transact(...writes: readonly TransactWriteItem[]): Promise<void>;
  /** To a FIFO queue in a group. @returns for each body whether SQS confirmed it */
  send(queueUrl: string, bodies: readonly string[], group?: string): Promise<boolean[]>;
}

/** Called when a process starts, with its environment in place. */
export function openCalls(): Calls {
  const http = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true };
  const dynamodb = new DynamoDBClient({ maxAttempts: 3, requestHandler: http });
  const sqs = new SQSClient({ maxAttempts: 3, requestHandler: http, useQueueUrlAsEndpoint: false });
  return {
    async get(table, id) {
      const asked = new GetItemCommand({
        TableName: tableName(table),
        Key: marshall({ id }),
        ConsistentRead: true,
      });
      const { Item } = await dynamodb.send(asked);
      return Item && unmarshall(Item);
    },
    async items(table) {
      const items: Record<string, unknown>[] = [];
      for (let page: ScanCommandOutput | undefined; page === undefined || page.LastEvaluatedKey; ) {
        const ExclusiveStartKey = page?.LastEvaluatedKey;
        page = await dynamodb.send(
          new ScanCommand({
            TableName: tableName(table),
            ConsistentRead: true,
            ...(ExclusiveStartKey && { ExclusiveStartKey }),
          }),
        );
        items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
      }
      return items;
    },
    async before(table, id, place) {
      const { Items = [] } = await dynamodb.send(
        new QueryCommand({
          TableName: tableName(table),
          KeyConditionExpression: "id = :id AND place < :place",
          ExpressionAttributeValues: marshall({ ":id": id, ":place": place }),
        }),
      );
      return Items.map((item) => unmarshall(item));
    },
    async put(table, item) {
      await dynamodb.send(new PutItemCommand({ TableName: tableName(table), Item: marshall(item) }));
    },
    async putNew(table, item) {
      const put = { TableName: tableName(table), Item: marshall(item), ConditionExpression: isNew };
      try {
        await dynamodb.send(new PutItemCommand(put));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    async putIf(table, item, when) {
      const put = { TableName: tableName(table), Item: marshall(item), ...conditionOf({ when }) };
      await dynamodb.send(new PutItemCommand(put));
    },
    async transact(...writes) {
      await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [...writes] }));
    },
    async send(QueueUrl, bodies, group) {
      const Entries = bodies.map((MessageBody, index) => ({
        Id: String(index),
        MessageBody,
        ...(group && { MessageGroupId: group, MessageDeduplicationId: MessageBody }),
      }));
      const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      return bodies.map((_, index) => Successful.some(({ Id }) => Id === String(index)));
    },
  };
}

const isNew = "attribute_not_exists(id)";

export interface Condition {
  /** The item is not there yet. */
  readonly only?: "new";
  /** The item has these values; undefined is absent. */
  readonly when?: Readonly<Record<string, unknown>>;
}

/** A put of a transaction, which is cancelled when the condition does not hold. */
export function putWrite(
  table: TableOfStrategy,
  item: Record<string, unknown>,
  condition: Condition = {},
): TransactWriteItem {
  return { Put: { TableName: tableName(table), Item: marshall(item), ...conditionOf(condition) } };
}

function conditionOf({ only, when = {} }: Condition) {
  if (only === "new") return { ConditionExpression: isNew };
  const [[name, value] = []] = Object.entries(when);
  if (name === undefined) return {};
  const ExpressionAttributeNames = { "#name": name };
  if (value === undefined)
    return { ConditionExpression: "attribute_not_exists(#name)", ExpressionAttributeNames };
  const ExpressionAttributeValues: Record<string, AttributeValue> = marshall({ ":value": value });
  return { ConditionExpression: "#name = :value", ExpressionAttributeNames, ExpressionAttributeValues };
}

/** Adds to a sum and to a history. In a transaction, where the SDK's own retries do not add again (D2). */
export function creditWrite(account: string, amount: number): TransactWriteItem {
  const values: Record<string, AttributeValue> = marshall({
    ":amount": amount,
    ":amounts": [amount],
    ":none": [],
  });
  return {
    Update: {
      TableName: tableName("accounts"),
      Key: marshall({ id: account }),
      UpdateExpression:
        "ADD #sum :amount SET #history = list_append(if_not_exists(#history, :none), :amounts)",
      ExpressionAttributeNames: { "#sum": "sum", "#history": "history" },
      ExpressionAttributeValues: values,
    },
  };
}

export function deleteWrite(table: TableOfStrategy, id: string, place?: string): TransactWriteItem {
  const Key = marshall({ id, place }, { removeUndefinedValues: true });
  return { Delete: { TableName: tableName(table), Key } };
}

/** True when the write at this place of a cancelled transaction did not meet its condition. */
export function wasRefused(error: unknown, place: number): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  return error.CancellationReasons?.[place]?.Code === "ConditionalCheckFailed";
}

function tableName(table: TableOfStrategy): string {
  return process.env[variables[table]] ?? "";
}

// Reads whole tables, consistently: for the count afterwards, never on a message's way.

import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { z } from "zod";

const Version = z.object({ version: z.number() });

export type Order = z.infer<typeof Order>;
export const Order = Version.extend({
  id: z.string(),
  customerId: z.string(),
  /** cents */
  total: z.int(),
  status: z.enum(["new", "approved", "shipped", "canceled"]),
  shipTo: z.string(),
  lines: z.array(z.unknown()).exactOptional(),
});

export type CreditAccount = z.infer<typeof CreditAccount>;
/** In cents; `id` is the customer's. */
export const CreditAccount = Version.extend({ id: z.string(), limit: z.int(), available: z.int() });

export type Shipment = z.infer<typeof Shipment>;
/** `id` is the order's. */
export const Shipment = Version.extend({ id: z.string(), consignmentId: z.string() });

export async function readTable<Item>(
  dynamodb: DynamoDBClient,
  table: string,
  schema: z.ZodType<Item>,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of scan(dynamodb, { TableName: table })) {
    items.push(...Items.map((item) => schema.parse(unmarshall(item))));
  }
  return items;
}

export async function countItems(dynamodb: DynamoDBClient, table: string): Promise<number> {
  let items = 0;
  for await (const { Count = 0 } of scan(dynamodb, { TableName: table, Select: "COUNT" })) items += Count;
  return items;
}

/** Rows of the outbox, and of that of older releases. */
export async function countRows(dynamodb: DynamoDBClient, output: (key: string) => string): Promise<number> {
  const tables = ["OrderedOutboxTable", "OutboxTable"].map(output);
  const counts = await Promise.all(tables.map((table) => countItems(dynamodb, table)));
  return counts.reduce((sum, count) => sum + count, 0);
}

function scan(client: DynamoDBClient, input: { TableName: string; Select?: "COUNT" }) {
  return paginateScan({ client }, { ...input, ConsistentRead: true });
}

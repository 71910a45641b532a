import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { environment } from "@essentially-once/messaging/environment";
import { outboxWrites } from "@essentially-once/messaging/outbox";
import { OrderPlaced } from "../billing/contracts.ts";
import { placeOrder } from "./contracts.ts";

const orders = environment("ORDERS_TABLE");

export async function handler(order: { orderId: string; customerId: string; total: number }): Promise<void> {
  const { orderId, customerId, total } = order;
  const outbox = await outboxWrites(placeOrder, { id: orderId, messages: [OrderPlaced.from(order)] });
  const Item = { orderId: { S: orderId }, customerId: { S: customerId }, total: { N: String(total) } };
  const TransactItems = [{ Put: { TableName: orders, Item } }, ...outbox];
  await dynamodb().send(new TransactWriteItemsCommand({ TransactItems }));
}

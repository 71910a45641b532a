// Pulls the journal into a statement for each customer; state and offset commit together.
import { environment } from "@essentially-once/messaging/environment";
import { journal } from "@essentially-once/messaging/journal";
import { Park } from "@essentially-once/messaging/outcome";
import { projection } from "@essentially-once/messaging/projection";
import { OrderPlaced } from "../orders/messages.ts";
import { buildStatement } from "./contracts.ts";
import { afterStep, counted, type OrderOfCustomer, type Statement } from "./statement.ts";

export const handler = projection(buildStatement, {
  journal: journal(),
  table: environment("INSIGHTS_TABLE"),
}).handler(async ({ type, data }, unit, state) => {
  const orders = state<OrderOfCustomer>("order");
  const statements = state<Statement>("statement");
  const placed = type === OrderPlaced.type ? { ...data, id: data.orderId, version: 0 } : undefined;
  const order = placed ?? (await orders.get(data.orderId));
  if (order === undefined) throw new Park("ORDER_UNKNOWN", `no ${OrderPlaced.type} of order ${data.orderId}`);

  const after = afterStep(order, type);
  if (after === undefined) return;
  if (placed || after !== order) unit.write(orders.save(after));
  unit.write(statements.save(counted(await statements.get(order.customerId), type, order)));
});

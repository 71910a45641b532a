import { environment } from "../messaging/environment.ts";
import { versionedTable } from "../messaging/versioned-table.ts";
import type { Order } from "./order.ts";

export const ordersTable = environment("ORDERS_TABLE");
export const orders = versionedTable<Order>(ordersTable);

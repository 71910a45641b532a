import { environment } from "@essentially-once/messaging/environment";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import type { Order } from "./order.ts";

export const ordersTable = environment("ORDERS_TABLE");
export const orders = versionedTable<Order>(ordersTable);

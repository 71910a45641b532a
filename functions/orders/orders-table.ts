import { environment } from "../messaging/environment.ts";
import { versionedTable } from "../messaging/versioned-table.ts";
import type { Order } from "./order.ts";

export const orders = versionedTable<Order>(environment("ORDERS_TABLE"));

// The state of everything after a run, read from the tables, the journal, the dead letters and the carrier's books.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { DeadLetter, TrialRun } from "@essentially-once/local-cloud/trial-run";
import type { Account, Reservation } from "../functions/credit/account.ts";
import type { Statement } from "../functions/insights/statement.ts";
import type { Order } from "../functions/orders/order.ts";
import type { Consignment } from "./carrier.ts";

export interface World {
  readonly orders: readonly Order[];
  readonly accounts: readonly Account[];
  /** `id` is `order#` and the order's. */
  readonly reservations: readonly Reservation[];
  /** `id` is the order's. */
  readonly shipments: readonly { readonly id: string; readonly consignmentId: string }[];
  readonly consignments: readonly Consignment[];
  readonly deadLetters: readonly DeadLetter[];
  /** `id` is the order's; what is no counter of views has none. */
  readonly views: readonly { readonly id: string; readonly views?: number }[];
  readonly statements: {
    readonly serving: number;
    readonly items: ReadonlyMap<number, readonly Statement[]>;
  };
  readonly journal: Awaited<ReturnType<TrialRun["journal"]>>;
}

export const statements = {
  name: "build-statement",
  path: "Insights/BuildStatement",
  table: "InsightsTable",
} as const;

export async function readWorld(run: TrialRun, consignments: readonly Consignment[]): Promise<World> {
  const credit = await run.items<Account | Reservation>("CreditTable");
  return {
    orders: await run.items("OrdersTable"),
    accounts: credit.filter((item) => "limit" in item),
    reservations: credit.filter((item) => "amount" in item),
    shipments: await run.items("ShippingTable"),
    consignments,
    deadLetters: await run.deadLetters(),
    views: await run.items(statements.table),
    statements: await run.generations(statements, "statement"),
    journal: await run.journal(),
  };
}

/** Straight into the table: opening accounts is no part of the flow. */
export async function openAccounts(
  { clients, output }: TrialRun,
  accounts: readonly Account[],
): Promise<void> {
  for (const account of accounts) {
    const Item = marshall(account);
    await clients.dynamodb.send(new PutItemCommand({ TableName: output("CreditTable"), Item }));
  }
}

/** Nothing that happens to an order is a reason to park a view of it. */
const viewsConsumer = "CountOrderViews";

/** The order whose own way ended in a dead-letter queue, if not in its data then as its key; undefined for what is none of ours. */
export function parkedOrderId({ consumer, body }: Pick<DeadLetter, "consumer" | "body">): string | undefined {
  if (consumer === viewsConsumer) return undefined;
  try {
    const { data, dataref, partitionkey } = Object(JSON.parse(body));
    const orderId = dataref === undefined ? Object(data).orderId : partitionkey;
    return typeof orderId === "string" ? orderId : undefined;
  } catch {
    return undefined; // garbage is told apart by its bytes
  }
}

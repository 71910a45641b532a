// Compares what insights made of the flow with the flow itself. Pure: everything comes from the tables and the
// journal; only how many views were sent is the sender's word.
import { differences, type Invariant, invariant } from "@essentially-once/local-cloud/trial-run";
import { type Statement, statementsOf } from "../functions/insights/statement.ts";
import { OrderApproved } from "../functions/orders/messages.ts";
import type { Order } from "../functions/orders/order.ts";
import { wholesaleLinesMin } from "./orders.ts";
import type { World } from "./world.ts";

type Totals = Omit<Statement, "version">;

/** With fewer than this, chaos may lose every one. */
const viewsOfWhichSomeArrive = 50;

/** @param sent order id → views */
export function reconcileInsights(world: World, sent: ReadonlyMap<string, number>) {
  const { orders, statements } = world;
  const records = world.journal.flatMap((partition) => partition.records);
  const announced = records.filter(({ type }) => type === OrderApproved.type);
  const claimChecked = records.filter(({ dataref }) => dataref !== undefined).length;
  const viewsSent = [...sent.values()].reduce((all, some) => all + some, 0);
  const viewsCounted = world.views.reduce((all, { views = 0 }) => all + views, 0);
  const served = statements.items.get(statements.serving) ?? [];
  const [rebuilt, agreement]: [Invariant, Invariant] = [
    invariant(
      "statements = the journal folded from its beginning = rebuilt",
      foldErrors(world.statements, records),
      `${served.length} statements; generation ${statements.serving} serves`,
    ),
    invariant(
      "statements agree with the orders",
      differences<Totals>(
        { by: "the statement", items: served },
        { by: "the orders", items: statementsFrom(orders) },
        textOf,
      ),
      `${orders.length} orders of ${served.length} customers, to the cent`,
    ),
  ];
  return {
    figures: {
      viewsSent,
      viewsCounted,
      /** Allowed: views are counted at most once. */
      viewsLost: viewsSent - viewsCounted,
      journaled: records.length,
      claimChecked,
      statementsMatch: rebuilt.holds && agreement.holds,
    },
    invariants: [
      invariant(
        "views counted <= views sent",
        viewErrors(),
        `${viewsCounted} <= ${viewsSent}; at most once, ${viewsSent - viewsCounted} lost`,
      ),
      rebuilt,
      agreement,
      invariant(
        "each shipped order was approved once, and no order twice",
        approvalErrors(),
        `${announced.length} approved`,
      ),
      invariant(
        "wholesale orders, and they alone, travelled by claim check",
        claimErrors(),
        `${claimChecked} of ${records.length} messages, the carrier got every line of them`,
      ),
    ],
  };

  function viewErrors(): string[] {
    const none = viewsCounted === 0 && viewsSent >= viewsOfWhichSomeArrive;
    return [
      ...world.views
        .filter(({ id, views = 0 }) => views > (sent.get(id) ?? 0))
        .map(({ id, views }) => `${id}: ${views} counted, ${sent.get(id) ?? 0} sent`),
      ...(none ? [`none of ${viewsSent} was counted`] : []),
    ];
  }

  /** The messages of `inline` items come by their table's stream: none may be missing, and none come twice. */
  function approvalErrors(): string[] {
    const times = Map.groupBy(announced, ({ partitionkey }) => partitionkey);
    return orders
      .map(({ id, status }) => ({ id, status, count: times.get(id)?.length ?? 0 }))
      .filter(({ status, count }) => count > 1 || (status === "shipped" && count === 0))
      .map(({ id, status, count }) => `${id} is ${status}: ${count} OrderApproved`);
  }

  function claimErrors(): string[] {
    const wholesale = orders.filter(({ lines }) => lines.length >= wholesaleLinesMin);
    const large = new Set(wholesale.map(({ id }) => id));
    return records
      .filter(({ type, partitionkey, dataref }) => {
        const isLarge = type === OrderApproved.type && large.has(partitionkey);
        return isLarge !== (dataref !== undefined);
      })
      .map(
        ({ type, partitionkey, dataref }) =>
          `${type} of ${partitionkey} travelled ${dataref ? "by S3" : "whole"}`,
      );
  }
}

/** Each generation that ever served, against the whole journal. */
function foldErrors(
  { serving, items }: World["statements"],
  records: Parameters<typeof statementsOf>[0],
): string[] {
  if (serving < 2) return ["they were not rebuilt"];
  try {
    const folded = [...statementsOf(records).values()];
    return [...items].flatMap(([generation, theirs]) =>
      differences<Totals>(
        { by: `generation ${generation}`, items: theirs },
        { by: "the journal", items: folded },
        textOf,
      ),
    );
  } catch (error) {
    return [`the journal cannot be folded: ${error instanceof Error ? error.message : error}`];
  }
}

function statementsFrom(orders: readonly Order[]): Totals[] {
  return [...Map.groupBy(orders, ({ customerId }) => customerId)].map(([id, theirs]) => {
    const tally = (...statuses: Order["status"][]) => {
      const counted = theirs.filter(({ status }) => statuses.includes(status));
      return { orders: counted.length, total: counted.reduce((sum, { total }) => sum + total, 0) };
    };
    return {
      id,
      placed: tally("new", "approved", "recalled", "shipped", "canceled"),
      canceled: tally("canceled"),
      shipped: tally("shipped"),
    };
  });
}

/** `placed 3 (4200), canceled ...`: without the version, which counts saves. */
function textOf({ placed, canceled, shipped }: Totals): string {
  return Object.entries({ placed, canceled, shipped })
    .map(([step, { orders, total }]) => `${step} ${orders} (${total})`)
    .join(", ");
}

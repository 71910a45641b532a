// `npm start`: runs the stacks of this project on this machine, sends orders through them, and counts the results.

import { type TrialResult, type TrialRun, trialRun } from "@essentially-once/local-cloud/trial-run";
import { CreditReserved } from "../functions/credit/messages.ts";
import { OrderApproved, OrderPlaced } from "../functions/orders/messages.ts";
import type { Order } from "../functions/orders/order.ts";
import { type Carrier, openCarrier } from "./carrier.ts";
import { invitation } from "./invitation.ts";
import { planAccounts, planOrders } from "./orders.ts";
import { reconcile } from "./reconcile.ts";
import { reconcileInsights } from "./reconcile-insights.ts";
import { type Repair, repairOneStranger } from "./repair.ts";
import { openShopFront } from "./shop-front.ts";
import { openAccounts, parkedOrderId, readWorld, statements } from "./world.ts";

const carrier = openCarrier();
await trialRun({ sends: "orders", byDefault: 200, outside: { carrierUrl: carrier.answer } }, (run) =>
  play(run, carrier),
);

async function play(run: TrialRun, { consignments, lookedUp }: Carrier): Promise<TrialResult> {
  const plans = planOrders(run);
  const accounts = planAccounts(plans, run.seed);
  await openAccounts(run, accounts);
  await run.throwGarbage([
    // Each would do harm: credit that is gone without an order, a consignment that nobody ordered.
    ["ReserveCreditQueueUrl", OrderPlaced.from({ orderId: "theft", customerId: "customer-0001", total: 1 })],
    ["SettleOrderQueueUrl", CreditReserved.from({ orderId: "nobody's" })],
    ["ShipOrderQueueUrl", OrderApproved.from({ orderId: "gift", shipTo: "Sherwood", lines: [] })],
  ]);
  const shopFront = openShopFront(run);
  const firstShipped = run.firstTime(async () => (await withStatus(run, "shipped")).length > 0);
  const answered = await run.post(run.output("PlaceOrderUrl"), plans, shopFront.show);
  await shopFront.close();

  const repair = await run.settle(async () => {
    await run.quiet(() => underWay(run));
    run.stopChaos();
    const repaired = await repairOneStranger(run, plans);
    if (repaired) await run.quiet(() => underWay(run));
    run.step("Rebuilding the statements from the journal, beside those that serve ...");
    await run.rebuild(statements);
    return repaired;
  });

  const world = await readWorld(run, consignments);
  const orders = reconcile(world, answered);
  const insights = reconcileInsights(world, shopFront.sent);
  const { shipped, canceled, parked, lost, doubled, placed } = orders.figures;
  const { viewsSent, viewsCounted, viewsLost, claimChecked } = insights.figures;
  const seconds = firstShipped();
  const waiting = new Map(world.deadLetters.map((one) => [parkedOrderId(one), one.reason]));
  const stranger = world.orders.find(({ id }) => waiting.get(id) === "ACCOUNT_UNKNOWN");
  return {
    invariants: [...orders.invariants, ...insights.invariants],
    isPoison: orders.isPoison,
    summary: {
      ...orders.figures,
      redriven: repair ? 1 : 0,
      ...insights.figures,
      ...(seconds !== undefined && { secondsToFirstShipped: seconds }),
    },
    figures: [
      ["placed", `${placed}`],
      ["shipped", `${shipped}${seconds === undefined ? "" : `, the first ${seconds} s after the start`}`],
      ["canceled", `${canceled}, for lack of credit`],
      ["parked", `${parked}`],
      ["lost", `${lost}`],
      ["doubled", `${doubled}`],
      [
        "consignments",
        `${consignments.length}; after a crash the carrier was asked ${lookedUp()} times what it had booked`,
      ],
      ["claim checks", `${claimChecked} messages of wholesale orders travelled by S3`],
      ["views", `${viewsSent} sent once, ${viewsCounted} counted, ${viewsLost} lost, which is allowed`],
    ],
    notes: repair ? [noteOf(repair, world.orders)] : [],
    invitation: (where) =>
      invitation({ run, customerId: accounts[0]?.id ?? "", strangerId: stranger?.customerId }, where),
  };
}

/** Orders whose approval may still be in the stream of their table, where no queue and no outbox shows it. */
async function underWay(run: TrialRun): Promise<string[]> {
  const approved = await withStatus(run, "approved");
  if (approved.length === 0) return [];
  const parked = new Set((await run.deadLetters()).map(parkedOrderId));
  const waiting = approved.filter(({ id }) => !parked.has(id));
  return waiting.length === 0 ? [] : [`orders: ${waiting.length} approved, neither shipped nor parked`];
}

async function withStatus(run: TrialRun, status: Order["status"]): Promise<Order[]> {
  return (await run.items<Order>("OrdersTable")).filter((order) => order.status === status);
}

function noteOf({ customerId, orderId, envelopeId }: Repair, orders: readonly Order[]): string {
  const status = orders.find(({ id }) => id === orderId)?.status ?? "missing";
  return `REDRIVEN 1
  ${envelopeId}: an account was opened for ${customerId} and the dead letter sent back; its order is now ${status}`;
}

// `npm start`: runs the stacks of this project on this machine, sends orders through them, and counts the results.
import { type TrialResult, type TrialRun, trialRun } from "@essentially-once/local-cloud/trial-run";
import { CreditReserved } from "../functions/credit/messages.ts";
import { OrderApproved, OrderPlaced, ShippingOverdue } from "../functions/orders/messages.ts";
import type { Order } from "../functions/orders/order.ts";
import { carrierRate } from "../functions/shipping/carrier.ts";
import { shipOrder } from "../functions/shipping/contracts.ts";
import { type Carrier, openCarrier } from "./carrier.ts";
import { invitation } from "./invitation.ts";
import { planAccounts, planOrders } from "./orders.ts";
import { reconcile } from "./reconcile.ts";
import { reconcileInsights } from "./reconcile-insights.ts";
import { type Repair, repairOneStranger } from "./repair.ts";
import { openShopFront } from "./shop-front.ts";
import { openAccounts, parkedOrderId, readWorld, statements } from "./world.ts";

/** Days in production: see lib/orders-stack.ts. Longer than a killed function holds up an order. */
const settings = { creditTimeoutSeconds: "300", shippingTimeoutSeconds: "30" };
const carrier = openCarrier();
const outside = { carrierUrl: carrier.answer };
await trialRun({ sends: "orders", byDefault: 200, outside, settings }, (run) => play(run, carrier));

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
  run.holdUp({ consumer: shipOrder.name, calls: "carrierUrl", rate: carrierRate });
  const shopFront = openShopFront(run);
  const firstShipped = run.firstTime(async () => (await withStatus(run, "shipped")).length > 0);
  const toBermuda = ({ shipTo }: Order) => shipTo.startsWith("Bermuda");
  run.notWaitedFor(ShippingOverdue.type, async () => (await withStatus(run, "approved")).filter(toBermuda));
  const placeOrderUrl = run.output("PlaceOrderUrl");
  const answering = run.post(placeOrderUrl, plans, shopFront.show).finally(shopFront.close);
  const repair = await run.settle(async () => {
    const repaired = await repairOneStranger(run, plans);
    await answering;
    await run.quiet(() => underWay(run));
    run.stopChaos();
    run.step("Rebuilding the statements from the journal, beside those that serve ...");
    await run.rebuild(statements);
    return repaired;
  });

  const world = await readWorld(run, consignments);
  const orders = reconcile(world, await answering.then(() => run.answers(placeOrderUrl)));
  const insights = reconcileInsights(world, shopFront.sent);
  const { shipped, canceled, parked, lost, doubled, placed, givenBack } = orders.figures;
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
      ["canceled", `${canceled}, ${givenBack} of which gave back the credit that was reserved for them`],
      ["parked", `${parked}`],
      ["lost, doubled", `${lost}, ${doubled}`],
      ["consignments", `${consignments.length}; after crashes the carrier was asked ${lookedUp()} times`],
      ["claim checks", `${claimChecked} messages of wholesale orders travelled by S3`],
      ["views", `${viewsSent} sent once, ${viewsCounted} counted, ${viewsLost} lost, which is allowed`],
    ],
    notes: repair ? [noteOf(repair, world.orders)] : [],
    invitation: (where) =>
      invitation({ run, customerId: accounts[0]?.id ?? "", strangerId: stranger?.customerId }, where),
  };
}

/** Every order comes to its end, and be it by a time-out; one that waits for an account has minutes. */
async function underWay(run: TrialRun): Promise<string[]> {
  const parked = new Set((await run.deadLetters()).map(parkedOrderId));
  const all = await withStatus(run, "new", "approved", "recalled");
  const open = all.filter(({ id, status }) => status !== "new" || !parked.has(id));
  return open.length === 0 ? [] : [`orders: ${open.length} neither shipped nor canceled`];
}

async function withStatus(run: TrialRun, ...statuses: Order["status"][]): Promise<Order[]> {
  return (await run.items<Order>("OrdersTable")).filter(({ status }) => statuses.includes(status));
}

function noteOf({ customerId, orderId, envelopeId }: Repair, orders: readonly Order[]): string {
  const status = orders.find(({ id }) => id === orderId)?.status ?? "missing";
  return `REDRIVEN 1
  ${envelopeId}: an account was opened for ${customerId} and the dead letter sent back; its order is now ${status}`;
}

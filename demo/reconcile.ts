// Compares what was asked for with what became of it. Pure: everything comes from the tables, the queues, the
// carrier's books and the answers the clients hold in their hands; nothing from a counter of ours.

import { isDeepStrictEqual } from "node:util";
import { type Invariant, invariant } from "@essentially-once/local-cloud/internal/trial/invariant";
import { RECEIVES_EXHAUSTED } from "@essentially-once/operator/dead-letters/dead-letter";
import type { Placement } from "./clients.ts";
import type { Garbage } from "./garbage.ts";
import type { Order } from "./tables.ts";
import type { World } from "./world.ts";

export interface Reconciliation {
  readonly placed: number;
  readonly shipped: number;
  readonly canceled: number;
  /** Orders that wait in a dead-letter queue. */
  readonly parked: number;
  /** Orders that are nowhere on their way, and orders a client has an answer for that do not exist. */
  readonly lost: number;
  /** Effects that happened twice. */
  readonly doubled: number;
  readonly moneyConserved: boolean;
  readonly invariants: readonly Invariant[];
}

export interface Asked {
  readonly placements: readonly Placement[];
  readonly garbage: readonly Garbage[];
}

/** Nothing that happens to an order is a reason to park a view of it. */
const VIEWS_CONSUMER = "CountOrderViews";

export function reconcile(world: World, asked: Asked): Reconciliation {
  const letterOrderIds = parkedOrderIds(world);
  const shipped = world.orders.filter(({ status }) => status === "shipped");
  const canceled = world.orders.filter(({ status }) => status === "canceled");
  const open = world.orders.filter(({ status }) => status === "new" || status === "approved");
  const parked = open.filter(({ id }) => letterOrderIds.has(id));
  const lost = [
    ...open.filter(({ id }) => !letterOrderIds.has(id)).map(({ id, status }) => `${id} is ${status}`),
    ...unknownAnswers(world, asked),
  ];
  const doubled = doubledEffects(world, asked);
  const money = moneyErrors(world);
  const placed = world.orders.length;
  return {
    placed,
    shipped: shipped.length,
    canceled: canceled.length,
    parked: parked.length,
    lost: lost.length,
    doubled: doubled.length,
    moneyConserved: money.length === 0,
    invariants: [
      {
        name: "placed = shipped + canceled + parked",
        holds: placed === shipped.length + canceled.length + parked.length,
        evidence: `${placed} = ${shipped.length} + ${canceled.length} + ${parked.length}`,
      },
      invariant("nothing is lost", lost, `${asked.placements.length} answers, each with its order`),
      invariant("nothing is doubled", doubled, `${asked.placements.length} keys, ${placed} orders`),
      invariant(
        "money is conserved: limit = available + approved + shipped",
        money,
        `${world.accounts.length} accounts, to the cent`,
      ),
      invariant(
        "one consignment for each shipped order, none for another",
        consignmentErrors(world, shipped),
        `${world.consignments.length} consignments, ${shipped.length} shipped orders`,
      ),
      invariant(
        "the dead letters are the poison and nothing else",
        deadLetterErrors(world, asked),
        `${world.deadLetters.length} dead letters: ${parked.length} orders, ${asked.garbage.length} pieces of garbage`,
      ),
      invariant(
        "every queue and the outbox are empty",
        leftovers(world),
        "nothing waits, nothing is in flight",
      ),
    ],
  };
}

function unknownAnswers({ orders }: World, { placements }: Asked): string[] {
  const existing = new Set(orders.map(({ id }) => id));
  return placements.flatMap(({ key, orderIds, failure }) => [
    ...(orderIds.length === 0 ? [`${key} was never answered: ${failure}`] : []),
    ...orderIds
      .filter((id) => !existing.has(id))
      .map((id) => `${key} was answered with ${id}, which does not exist`),
  ]);
}

function doubledEffects({ orders, consignments }: World, { placements }: Asked): string[] {
  const keysWithTwoOrders = placements.filter(({ orderIds }) => orderIds.length > 1);
  const answered = new Set(placements.flatMap(({ orderIds }) => orderIds));
  const everyoneAnswered = placements.every(({ orderIds }) => orderIds.length > 0);
  // An order that no answer names is a second one for some key, once every key has its answer.
  const nobodys = everyoneAnswered ? orders.filter(({ id }) => !answered.has(id)) : [];
  const byReference = Map.groupBy(consignments, ({ reference }) => reference);
  const twice = [...byReference].filter(([, sent]) => sent.length > 1);
  return [
    ...keysWithTwoOrders.map(({ key, orderIds }) => `${key} became the orders ${orderIds.join(" and ")}`),
    ...nobodys.map(({ id }) => `${id} is an order that nobody asked for`),
    ...twice.map(([reference, sent]) => `${reference} has ${sent.length} consignments`),
  ];
}

function moneyErrors({ accounts, orders }: World): string[] {
  const bound = orders.filter(({ status }) => status === "approved" || status === "shipped");
  const byCustomer = Map.groupBy(bound, ({ customerId }) => customerId);
  const known = new Set(accounts.map(({ id }) => id));
  const strangers = [...byCustomer.keys()].filter((id) => !known.has(id));
  return [
    ...accounts.flatMap(({ id, limit, available }) => {
      const spent = (byCustomer.get(id) ?? []).reduce((sum, { total }) => sum + total, 0);
      if (limit === available + spent && available >= 0) return [];
      return [`${id}: limit ${limit}, available ${available}, orders ${spent}`];
    }),
    ...strangers.map((id) => `${id} has approved orders and no account`),
  ];
}

function consignmentErrors({ consignments, shipments }: World, shipped: readonly Order[]): string[] {
  const byReference = Map.groupBy(consignments, ({ reference }) => reference);
  const shippedIds = new Set(shipped.map(({ id }) => id));
  const shipmentByOrder = new Map(shipments.map((shipment) => [shipment.id, shipment.consignmentId]));
  return [
    ...shipped.flatMap(({ id, lines }) => {
      const sent = byReference.get(id) ?? [];
      const noted = shipmentByOrder.get(id);
      if (sent[0] && !isDeepStrictEqual(sent[0].lines, lines)) return [`${id}: the carrier got other lines`];
      if (sent.length === 1 && sent[0]?.consignmentId === noted) return [];
      const booked = sent.map(({ consignmentId }) => consignmentId).join(", ") || "nothing";
      return [`${id}: the carrier booked ${booked}, the shipping table says ${noted}`];
    }),
    ...consignments
      .filter(({ reference }) => !shippedIds.has(reference))
      .map(({ reference, consignmentId }) => `${consignmentId} is for ${reference}, which is not shipped`),
  ];
}

/** What garbage is parked as when trouble left no receive in which to look at it; and when it is not parked. */
const reasonsOfTrouble = [RECEIVES_EXHAUSTED, "RETRIES_EXHAUSTED", undefined];

function deadLetterErrors(world: World, { garbage }: Asked): string[] {
  const accounts = new Set(world.accounts.map(({ id }) => id));
  const poisonIds = new Set(
    world.orders
      .filter(({ customerId, shipTo }) => !accounts.has(customerId) || /^(Atlantis|Bermuda)/.test(shipTo))
      .map(({ id }) => id),
  );
  const garbageBodies = new Set(garbage.map(({ body }) => body));
  const reasons = new Map(world.deadLetters.map(({ body, reason }) => [body, reason]));
  const letterOrderIds = parkedOrderIds(world);
  return [
    ...world.deadLetters
      .filter(({ body }) => !garbageBodies.has(body))
      .filter(({ consumer, body }) => consumer === VIEWS_CONSUMER || !poisonIds.has(orderIdIn(body) ?? ""))
      .map(({ consumer, id, reason }) => `${id} was parked by ${consumer} (${reason}) and is no poison`),
    ...garbage
      .filter(({ body }) => !reasons.has(body))
      .map(({ queue, reason }) => `${reason} in ${queue} is in no dead-letter queue`),
    ...garbage
      .filter(({ body, reason }) => ![reason, ...reasonsOfTrouble].includes(reasons.get(body)))
      .map(({ queue, reason, body }) => `${reason} in ${queue} was parked as ${reasons.get(body)}`),
    ...[...poisonIds].filter((id) => !letterOrderIds.has(id)).map((id) => `${id} is poison and not parked`),
  ];
}

/** Of the orders whose own way ended in a dead-letter queue. */
export function parkedOrderIds({ deadLetters }: Pick<World, "deadLetters">): Set<string> {
  const ofOrders = deadLetters.filter(({ consumer }) => consumer !== VIEWS_CONSUMER);
  return new Set(ofOrders.flatMap(({ body }) => orderIdIn(body) ?? []));
}

function leftovers({ depths, outboxRows }: World): string[] {
  return [
    ...depths
      .filter(({ visible, inFlight, delayed }) => visible + inFlight + delayed > 0)
      .map(({ consumer, visible, inFlight }) => `${consumer}: ${visible} waiting, ${inFlight} in flight`),
    ...(outboxRows > 0 ? [`outbox: ${outboxRows} rows`] : []),
  ];
}

/** Every message of the sample names its order, if not in its data then as its key. Undefined for what is none of ours. */
export function orderIdIn(body: string): string | undefined {
  try {
    const { data, dataref, partitionkey } = Object(JSON.parse(body));
    const orderId = dataref === undefined ? Object(data).orderId : partitionkey;
    return typeof orderId === "string" ? orderId : undefined;
  } catch {
    return undefined; // garbage is told apart by its bytes
  }
}

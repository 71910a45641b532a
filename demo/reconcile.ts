// Compares what was asked for with what became of it, from tables, the carrier's books and the clients' answers. Pure.
import { isDeepStrictEqual } from "node:util";
import {
  type Answered,
  answerFaults,
  type DeadLetter,
  invariant,
} from "@essentially-once/local-cloud/trial-run";
import type { Order } from "../functions/orders/order.ts";
import { parkedOrderId, type World } from "./world.ts";

export function reconcile(world: World, answered: readonly Answered[]) {
  const { orders, consignments } = world;
  const answers = answerFaults(answered, orders, "orderId");
  const parkedIds = new Set(world.deadLetters.map(parkedOrderId));
  const shipped = orders.filter(({ status }) => status === "shipped");
  const canceled = orders.filter(({ status }) => status === "canceled");
  const open = orders.filter(({ status }) => status !== "shipped" && status !== "canceled");
  const givenBack = world.reservations.filter(({ amount, version }) => amount === 0 && version > 1);
  const parked = open.filter(({ id }) => parkedIds.has(id));
  const lost = [
    ...open.filter(({ id }) => !parkedIds.has(id)).map(({ id, status }) => `${id} is ${status}`),
    ...answers.lost,
  ];
  const poison = new Set(poisonOf(world));
  const mayWait = ({ id, status }: Order) => status === "canceled" || (status === "new" && parkedIds.has(id));
  const notEnded = orders.filter((order) => poison.has(order.id) && !mayWait(order));
  const byReference = Map.groupBy(consignments, ({ reference }) => reference);
  const twice = [...byReference].filter(([, sent]) => sent.length > 1);
  const doubled = [...answers.doubled, ...twice.map(([id, sent]) => `${id} has ${sent.length} consignments`)];
  const money = moneyErrors(world);
  const placed = orders.length;
  const sum = shipped.length + canceled.length + parked.length;
  return {
    figures: {
      placed,
      shipped: shipped.length,
      canceled: canceled.length,
      parked: parked.length,
      /** Of the canceled ones: their credit was reserved, and came back. */
      givenBack: givenBack.length,
      /** Orders that are nowhere on their way, and orders a client has an answer for that do not exist. */
      lost: lost.length,
      /** Effects that happened twice. */
      doubled: doubled.length,
      moneyConserved: money.length === 0,
    },
    invariants: [
      invariant(
        "placed = shipped + canceled + parked",
        placed === sum ? [] : [`${placed}, and not ${sum}`],
        `${placed} = ${shipped.length} + ${canceled.length} + ${parked.length}`,
      ),
      invariant("nothing is lost", lost, `${answered.length} answers, each with its order`),
      invariant("nothing is doubled", doubled, `${answered.length} keys, ${placed} orders`),
      invariant(
        "money is conserved: limit = available + reserved for shipped orders",
        money,
        `${world.accounts.length} accounts, to the cent; ${givenBack.length} canceled orders gave theirs back`,
      ),
      invariant(
        "one consignment for each shipped order, none for another",
        consignmentErrors(world, shipped),
        `${consignments.length} consignments, ${shipped.length} shipped orders`,
      ),
      invariant(
        "each order that can never succeed is canceled, or waits parked",
        notEnded.map(({ id }) => id),
        `${poison.size} orders`,
      ),
    ],
    isPoison(deadLetter: DeadLetter): boolean {
      return poison.has(parkedOrderId(deadLetter) ?? "");
    },
  };
}

/** Both ways: what an account lacks is reserved, and what is reserved is for an order that has a right to it. */
function moneyErrors({ accounts, orders, reservations }: World): string[] {
  const byCustomer = Map.groupBy(reservations, ({ customerId }) => customerId);
  const held = new Map(reservations.map(({ id, amount }) => [id.replace("order#", ""), amount]));
  const bound = new Map(orders.filter(isBound).map(({ id, total }) => [id, total]));
  const ids = [...new Set([...held.keys(), ...bound.keys()])];
  return [
    ...accounts.flatMap(({ id, limit, available }) => {
      const reserved = (byCustomer.get(id) ?? []).reduce((sum, { amount }) => sum + amount, 0);
      if (limit === available + reserved && available >= 0) return [];
      return [`${id}: limit ${limit}, available ${available}, reserved ${reserved}`];
    }),
    ...ids.flatMap((id) => {
      const [reserved, total] = [held.get(id) ?? 0, bound.get(id) ?? 0];
      return reserved === total ? [] : [`${id}: ${reserved} reserved, and its order takes ${total}`];
    }),
  ];
}

function isBound({ status }: Order): boolean {
  return status === "approved" || status === "recalled" || status === "shipped";
}

function consignmentErrors({ consignments, shipments }: World, shipped: readonly Order[]): string[] {
  const byReference = Map.groupBy(consignments, ({ reference }) => reference);
  const shippedIds = new Set(shipped.map(({ id }) => id));
  const noted = new Map(shipments.map(({ id, consignmentId }) => [id, consignmentId]));
  return [
    ...shipped.flatMap(({ id, lines }) => {
      const sent = byReference.get(id) ?? [];
      if (sent[0] && !isDeepStrictEqual(sent[0].lines, lines)) return [`${id}: the carrier got other lines`];
      if (sent.length === 1 && sent[0]?.consignmentId === noted.get(id)) return [];
      const booked = sent.map(({ consignmentId }) => consignmentId).join(", ") || "nothing";
      return [`${id}: the carrier booked ${booked}, the shipping table says ${noted.get(id)}`];
    }),
    ...consignments
      .filter(({ reference }) => !shippedIds.has(reference))
      .map(({ reference, consignmentId }) => `${consignmentId} is for ${reference}, which is not shipped`),
  ];
}

/** The orders that can never succeed, by their own data. */
function poisonOf({ accounts, orders }: World): string[] {
  const known = new Set(accounts.map(({ id }) => id));
  return orders
    .filter(({ customerId, shipTo }) => !known.has(customerId) || /^(Atlantis|Bermuda)/.test(shipTo))
    .map(({ id }) => id);
}

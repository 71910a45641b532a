// The orders of a run, made from the seed: most can be paid, some customers ask for more than their limit,
// a few orders can never succeed, and some clients ask twice with the same key.

import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export interface OrderPlan {
  /** The `Idempotency-Key`: repeats of the request carry the same. */
  readonly key: string;
  readonly order: OrderRequest;
  readonly poison?: Poison;
  /** How often the client asks again after its answer, as clients do that lost it. */
  readonly repeats: number;
}

export interface OrderRequest {
  readonly customerId: string;
  readonly shipTo: string;
  readonly lines: readonly OrderLine[];
}

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  /** cents */
  readonly unitPrice: number;
}

/** Why an order can never succeed: nobody knows the customer, or the carrier will not or cannot go there. */
export type Poison = "unknown customer" | "Atlantis" | "Bermuda";

/** Every customer has about this many orders, so that orders meet at an account. */
const ORDERS_PER_CUSTOMER = 10;
const REPEATED_SHARE = 0.1;
const CITIES = ["Lisbon", "Nairobi", "Osaka", "Tromsø", "Valparaíso", "Wellington"] as const;
const SKUS = ["anvil", "kettle", "lantern", "rope", "sextant"] as const;

export function planOrders({ count, seed }: { count: number; seed: number }): OrderPlan[] {
  const random = seededRandom(seed, "orders");
  const customers = Math.max(3, Math.ceil(count / ORDERS_PER_CUSTOMER));
  return poisonFor(count, random).map((poison, index): OrderPlan => {
    const strangerNumber = index + 1;
    const customerId =
      poison === "unknown customer" ? `stranger-${strangerNumber}` : customer(customers, random);
    const shipTo =
      poison === "unknown customer" || !poison ? address(random) : `${poison}, ${address(random)}`;
    return {
      key: `seed-${seed}-order-${index + 1}`,
      order: { customerId, shipTo, lines: lines(random) },
      ...(poison && { poison }),
      repeats: random.next() < REPEATED_SHARE ? 1 : 0,
    };
  });
}

/** cents */
export function totalOf({ lines }: OrderRequest): number {
  return lines.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0);
}

/** One entry an order, shuffled; the poison all in the first half, because its retries take the longest. */
function poisonFor(count: number, random: SeededRandom): (Poison | undefined)[] {
  if (count < 4) return new Array<undefined>(count).fill(undefined);
  const percent = Math.ceil(count / 100);
  const poison: (Poison | undefined)[] = [
    ...new Array<Poison>(Math.min(2, Math.floor(count / 4)) + Math.floor(count / 250)).fill(
      "unknown customer",
    ),
    ...new Array<Poison>(count < 10 ? 0 : percent).fill("Atlantis"),
    ...new Array<Poison>(count < 10 ? 0 : Math.ceil(percent / 2)).fill("Bermuda"),
  ];
  const firstHalf = Math.max(poison.length, Math.floor(count / 2));
  while (poison.length < firstHalf) poison.push(undefined);
  return [...random.shuffled(poison), ...new Array<undefined>(count - firstHalf).fill(undefined)];
}

function customer(customers: number, random: SeededRandom): string {
  return `customer-${`${random.integer(1, customers)}`.padStart(4, "0")}`;
}

function address(random: SeededRandom): string {
  return `${random.integer(1, 99)} Harbour Road, ${random.pick(CITIES)}`;
}

function lines(random: SeededRandom): OrderLine[] {
  return Array.from({ length: random.integer(1, 3) }, () => ({
    sku: random.pick(SKUS),
    quantity: random.integer(1, 3),
    unitPrice: random.integer(5, 200) * 100,
  }));
}

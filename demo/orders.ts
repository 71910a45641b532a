// The orders of a run, made from the seed: most can be paid, some customers ask for more than their limit,
// a few orders can never succeed, a few have more lines than a message carries, and some clients ask twice with the
// same key.

import { type SeededRandom, seededRandom } from "@essentially-once/local-cloud/internal/trial/seeded-random";

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
/** Each at least so long that what it says travels by claim check. */
export const WHOLESALE_LINES_MIN = 800;
const WHOLESALE_LINES_MAX = 1_000;
const WHOLESALE_SHARE = 0.02;
const WHOLESALE_ORDERS_MIN = 2;
const CITIES = ["Lisbon", "Nairobi", "Osaka", "Tromsø", "Valparaíso", "Wellington"] as const;
const SKUS = ["anvil", "kettle", "lantern", "rope", "sextant"] as const;

export function planOrders({ count, seed }: { count: number; seed: number }): OrderPlan[] {
  const random = seededRandom(seed, "orders");
  const customers = Math.max(3, Math.ceil(count / ORDERS_PER_CUSTOMER));
  const poisons = poisonFor(count, random);
  const wholesale = wholesaleOf(poisons, seed);
  return poisons.map((poison, index): OrderPlan => {
    const strangerNumber = index + 1;
    const customerId =
      poison === "unknown customer" ? `stranger-${strangerNumber}` : customer(customers, random);
    const shipTo =
      poison === "unknown customer" || !poison ? address(random) : `${poison}, ${address(random)}`;
    return {
      key: `seed-${seed}-order-${index + 1}`,
      order: { customerId, shipTo, lines: wholesale.get(index) ?? lines(random) },
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

/** Place in the plan → lines; not for poison, which is told by who sells and where to. */
function wholesaleOf(
  poisons: readonly (Poison | undefined)[],
  seed: number,
): ReadonlyMap<number, OrderLine[]> {
  const random = seededRandom(seed, "wholesale");
  const healthy = poisons.flatMap((poison, index) => (poison ? [] : [index]));
  const count = poisons.length < 10 ? 0 : Math.ceil(poisons.length * WHOLESALE_SHARE);
  const chosen = random.shuffled(healthy).slice(0, count && Math.max(WHOLESALE_ORDERS_MIN, count));
  const length = () => random.integer(WHOLESALE_LINES_MIN, WHOLESALE_LINES_MAX);
  return new Map(chosen.map((index) => [index, lines(random, length())]));
}

function customer(customers: number, random: SeededRandom): string {
  return `customer-${`${random.integer(1, customers)}`.padStart(4, "0")}`;
}

function address(random: SeededRandom): string {
  return `${random.integer(1, 99)} Harbour Road, ${random.pick(CITIES)}`;
}

function lines(random: SeededRandom, length = random.integer(1, 3)): OrderLine[] {
  return Array.from({ length }, () => ({
    sku: random.pick(SKUS),
    quantity: random.integer(1, 3),
    unitPrice: random.integer(5, 200) * 100,
  }));
}

// The orders of a run and the accounts that pay for them, made from the seed. Most succeed; all that goes wrong is planned here.
import { seededRandom, type TrialRequest } from "@essentially-once/local-cloud/trial-run";
import type { Account } from "../functions/credit/account.ts";
import { newOrder, type OrderLine } from "../functions/orders/order.ts";

export interface OrderPlan extends TrialRequest {
  readonly body: OrderRequest;
  readonly poison?: Poison;
}

interface OrderRequest {
  readonly customerId: string;
  readonly shipTo: string;
  readonly lines: readonly OrderLine[];
}

/** Why an order can never succeed: nobody knows the customer, or the carrier will not or cannot go there. */
type Poison = "unknown customer" | "Atlantis" | "Bermuda";

/** Every customer has about this many orders, so that orders meet at an account. */
const ordersPerCustomer = 10;
const repeatedShare = 0.1;
/** Each at least so long that what it says travels by claim check. */
export const wholesaleLinesMin = 800;
const wholesaleShare = 0.02;
/** This share of the customers may not spend all that they want to. */
const tightShare = 0.2;
const cities = ["Lisbon", "Nairobi", "Osaka", "Tromsø", "Valparaíso", "Wellington"] as const;
const skus = ["anvil", "kettle", "lantern", "rope", "sextant"] as const;

export function planOrders({ count, seed }: { count: number; seed: number }): OrderPlan[] {
  const random = seededRandom(seed, "orders");
  const customers = Math.max(3, Math.ceil(count / ordersPerCustomer));
  const poisons = poisonFor(count);
  const wholesale = wholesaleIn(poisons);
  return poisons.map((poison, index) => {
    const stranger = poison === "unknown customer";
    const address = `${random.integer(1, 99)} Harbour Road, ${random.pick(cities)}`;
    const customer = `customer-${`${random.integer(1, customers)}`.padStart(4, "0")}`;
    const length = wholesale.has(index) ? random.integer(wholesaleLinesMin, 1_000) : random.integer(1, 3);
    const lines = Array.from({ length }, () => ({
      sku: random.pick(skus),
      quantity: random.integer(1, 3),
      unitPrice: random.integer(5, 200) * 100,
    }));
    return {
      key: `seed-${seed}-order-${index + 1}`,
      body: {
        customerId: stranger ? `stranger-${index + 1}` : customer,
        shipTo: poison && !stranger ? `${poison}, ${address}` : address,
        lines,
      },
      ...(poison && { poison }),
      repeats: random.next() < repeatedShare ? 1 : 0,
    };
  });

  /** One entry an order; the poison all in the first tenth, because its retries take the longest. */
  function poisonFor(all: number): (Poison | undefined)[] {
    const percent = all < 10 ? 0 : Math.ceil(all / 100);
    const strangers = Math.min(2, Math.floor(all / 4)) + Math.floor(all / 250);
    const poison = [
      ...new Array<Poison>(strangers).fill("unknown customer"),
      ...new Array<Poison>(percent).fill("Atlantis"),
      ...new Array<Poison>(Math.ceil(percent / 2)).fill("Bermuda"),
    ];
    const early = Math.max(poison.length, Math.floor(all / 10));
    const first = random.shuffled([...poison, ...new Array<undefined>(early - poison.length)]);
    return [...first, ...new Array<undefined>(all - early)];
  }

  /** Places in the plan; none of poison, which is told by who orders and where to. */
  function wholesaleIn(given: readonly (Poison | undefined)[]): ReadonlySet<number> {
    const healthy = given.flatMap((poison, index) => (poison ? [] : [index]));
    const share = given.length < 10 ? 0 : Math.max(2, Math.ceil(given.length * wholesaleShare));
    return new Set(random.shuffled(healthy).slice(0, share));
  }
}

/** Cents. */
export function totalOf({ body }: OrderPlan): number {
  return newOrder({ id: "", placedAt: "", ...body }).total;
}

/**
 * One account for each customer except the unknown ones. A customer with an order that the carrier refuses can
 * pay for all of theirs, so that the order reaches the carrier.
 */
export function planAccounts(plans: readonly OrderPlan[], seed: number): Account[] {
  const random = seededRandom(seed, "accounts");
  const known = plans.filter(({ poison }) => poison !== "unknown customer");
  return [...Map.groupBy(known, ({ body }) => body.customerId)].map(([id, theirs]) => {
    const wanted = theirs.reduce((sum, plan) => sum + totalOf(plan), 0);
    const isTight = random.next() < tightShare && !theirs.some(({ poison }) => poison);
    const limit = isTight ? Math.floor(wanted * 0.6) : wanted * 2;
    return { id, version: 1, limit, available: limit };
  });
}

// The shop's clients: a few at a time, each places orders one after the other and keeps asking, with the same
// key, until it has an answer. Some ask again after it.

import { setTimeout as sleep } from "node:timers/promises";
import type { OrderPlan } from "./orders.ts";

export interface Placement {
  readonly key: string;
  /** Every order id the service answered this key with; more than one is a broken promise. */
  readonly orderIds: readonly string[];
  readonly requests: number;
  /** Why there is no answer. */
  readonly failure?: string;
}

export interface PlaceOptions {
  readonly url: string;
  readonly clients?: number;
  readonly onPlaced?: (placement: Placement) => void;
}

const REQUEST_MS_MAX = 10_000; // longer than the function's own timeout
const ATTEMPTS_MAX = 12;
const PAUSE_MS_MAX = 2_000;

export async function placeOrders(plans: readonly OrderPlan[], options: PlaceOptions): Promise<Placement[]> {
  const { url, clients = 3, onPlaced } = options;
  const waiting = plans.values(); // shared: whoever is free takes the next
  const placements: Placement[] = [];
  async function client(): Promise<void> {
    for (const plan of waiting) {
      const placement = await place(url, plan);
      placements.push(placement);
      onPlaced?.(placement);
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
  return placements;
}

async function place(url: string, { key, order, repeats }: OrderPlan): Promise<Placement> {
  const orderIds = new Set<string>();
  let requests = 0;
  for (let answered = 0; answered <= repeats; ) {
    const { orderId, failure, again } = await ask(url, key, order);
    requests += 1;
    if (orderId !== undefined) {
      orderIds.add(orderId);
      answered += 1;
    } else if (!again || requests >= ATTEMPTS_MAX) {
      return { key, orderIds: [...orderIds], requests, failure: failure ?? "no answer" };
    } else {
      await sleep(Math.min(100 * 2 ** requests, PAUSE_MS_MAX));
    }
  }
  return { key, orderIds: [...orderIds], requests };
}

interface Reply {
  readonly orderId?: string;
  readonly failure?: string;
  /** The request may be repeated: nothing is known, or the service says that it was its own fault. */
  readonly again?: boolean;
}

async function ask(url: string, key: string, order: unknown): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const text = await response.text();
    if (response.ok) return { orderId: orderIdIn(text) };
    const again = response.status >= 500 || response.status === 429;
    return { failure: `HTTP ${response.status}: ${text.slice(0, 200)}`, again };
  } catch (error) {
    return { failure: String(error instanceof Error ? (error.cause ?? error) : error), again: true };
  }
}

function orderIdIn(text: string): string {
  const { orderId } = Object(JSON.parse(text));
  if (typeof orderId === "string") return orderId;
  throw new Error(`an answer without an orderId: ${text.slice(0, 200)}`);
}

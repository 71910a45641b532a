// Of redelivered messages, those that were done: they need no run, so they are no suspects, whoever died.
//
//   G2. The evidence says so, and nothing else.
//   G7. The guards are not asked: a copy of what was done takes no effect, whoever sent it. What only claims to be
//   a copy differs from the evidence, and goes the way of all others.
import type { Delivery, MessageMiddleware } from "./delivery.ts";

export async function isDone(
  delivery: Delivery,
  middlewares: readonly MessageMiddleware[],
): Promise<boolean> {
  for (const { find } of middlewares) {
    try {
      if (await find?.(delivery)) return true;
    } catch {
      return false; // the run meets the same trouble, and says what to do
    }
  }
  return false;
}

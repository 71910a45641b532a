// Finds the redelivered messages that were already processed. They need no run, so they cannot be the message that
// killed the process.
//
//   G2. Only the evidence decides.
//   G7. The guards do not run: a copy of a processed message takes no effect, whoever sent it. A forged copy differs from
//   the evidence, and is handled like any other message.
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

// Two consumers that answer each other would loop forever: a message past the hop limit is parked.
//
//   G11. Every loop has a bound, also a loop of messages through queues.
import type { MessageMiddleware } from "../commit/delivery.ts";
import { Park } from "../core/outcome.ts";
import { wholeNumber } from "../core/whole-number.ts";

export interface HopLimitOptions {
  /** How many messages of the same flow may have led to this one. */
  readonly hopsMax?: number;
}

/**
 * Where Lambda's own guard stops a loop, which it does not see through an outbox: its trace ends at the stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
const hopsMaxDefault = 16;
const hopsMaxBound = 1_000;

/** Parks a message with more `hops` than the limit. Each message carries one hop more than its cause. */
export function hopLimit({ hopsMax = hopsMaxDefault }: HopLimitOptions = {}): MessageMiddleware {
  wholeNumber("hopsMax", hopsMax, { min: 1, max: hopsMaxBound });
  return {
    before({ event: { message } }) {
      if (message.hops <= hopsMax) return;
      throw new Park(
        "TOO_MANY_HOPS",
        `${message.hops} messages before this one in flow ${message.correlationid}, at most ${hopsMax}`,
      );
    },
  };
}

// Two consumers that answer each other would go on for ever: a story that has become too long is parked.
//
//   G11. Every loop has a bound, also one that goes round by the queues.
import type { MessageMiddleware } from "../commit/delivery.ts";
import { Park } from "../core/outcome.ts";
import { wholeNumber } from "../core/whole-number.ts";

export interface HopLimitOptions {
  /** How many messages may lie before this one in its story. */
  readonly hopsMax?: number;
}

/**
 * Where Lambda's own guard stops a loop, which it does not see through an outbox: its trace ends at the stream.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
const hopsMaxDefault = 16;
const hopsMaxBound = 1_000;

/** Lets through messages of stories with a bounded length. Each message counts its `hops`. */
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

// What stands before every handler: the checks that a message must pass before anybody acts on it.
//
//   G7. Signed for this queue, and not older than what the evidence remembers.
//   G11. Not one more round of a story that goes on for ever.

import type { MessageMiddleware } from "../commit/delivery.ts";
import { type AgeGateOptions, ageGate } from "./age-gate.ts";
import { type HopLimitOptions, hopLimit } from "./hop-limit.ts";
import { type SignatureOptions, signature } from "./signature.ts";

export interface GuardsOptions {
  readonly signature?: SignatureOptions;
  readonly ageGate?: AgeGateOptions;
  readonly hopLimit?: HopLimitOptions;
}

/**
 * The list `[signature(), ageGate(), hopLimit()]`, in the order in which it must stand: what a forger wrote is not
 * read any further. It is nothing more than that list; write your own to leave one out or to put one between.
 * ```ts
 * consumer(reserveCredit).use(guards()).use(idempotency({ evidence: rows() }))
 * ```
 */
export function guards(options: GuardsOptions = {}): MessageMiddleware[] {
  return [signature(options.signature), ageGate(options.ageGate), hopLimit(options.hopLimit)];
}

// The checks that a message must pass before a handler acts on it.
//
//   G7. Rejects messages that are not signed for this queue, or are older than the deduplication window.
//   G11. Rejects messages past the hop limit, so no loop is endless.

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
 * The list `[signature(), ageGate(), hopLimit()]`, in the order that they must have: the signature comes first, so that
 * no other guard reads a forged message. To leave one out, or to put one between, write your own list.
 * ```ts
 * consumer(reserveCredit).use(guards()).use(idempotency({ evidence: rows() }))
 * ```
 */
export function guards(options: GuardsOptions = {}): MessageMiddleware[] {
  return [signature(options.signature), ageGate(options.ageGate), hopLimit(options.hopLimit)];
}

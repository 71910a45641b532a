// The middleware that makes a handler's effect happen once: it commits what the handler collected together
// with the evidence that the message was processed, in the form the evidence store gives them.
//
//   G1. State and outgoing messages commit together or not at all.
//   G2. Effect and evidence commit together; a duplicate is recognised by the evidence.
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";

/** Where and how evidence is kept. `rows` is one; a store of your own is another. */
export interface EvidenceStore {
  /**
   * Commits the delivery's unit of work with its evidence.
   * @param receipt what the handler returned, kept for duplicates
   * @throws StateMoved, RetryLater or Park; after any of them nothing was committed by this call, or it was
   *   and the next delivery finds the evidence
   */
  commit(delivery: Delivery, receipt: unknown): Promise<Outcome>;
}

/**
 * Makes the effect of a message happen once.
 * ```ts
 * consumer({ name: "reserve-credit", accepts: [OrderPlaced] }).use(idempotency({ evidence: rows() }))
 * ```
 */
export function idempotency({ evidence }: { readonly evidence: EvidenceStore }): MessageMiddleware {
  return {
    async after(request) {
      request.response = await evidence.commit(request.event, request.response);
    },
  };
}

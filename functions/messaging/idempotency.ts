// The middleware that makes a handler's effect happen once: it commits what the handler collected together
// with the evidence that the message was processed, in the form the evidence store gives them.
//
//   G1. State and outgoing messages commit together or not at all.
//   G2. Effect and evidence commit together; a duplicate is recognised by the evidence.
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import { type Outcome, Park, RetryLater } from "./outcome.ts";

/** Where and how evidence is kept. `rows` is one; a store of your own is another. */
export interface EvidenceStore {
  /**
   * Commits the delivery's unit of work with its evidence.
   * @param receipt what the handler returned, kept for duplicates
   * @throws StateMoved, RetryLater or Park; after any of them nothing was committed by this call, or it was
   *   and the next delivery finds the evidence
   */
  commit(delivery: Delivery, receipt: unknown): Promise<Outcome>;
  /**
   * What is known of the delivery's message: a duplicate, or undefined when it was not processed.
   * @throws Park when another message of the same identity was processed
   */
  find(delivery: Delivery): Promise<Outcome | undefined>;
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

    // G2. The handler of a duplicate sees the state that the first delivery left, and may refuse it or put
    // it off. The evidence decides first: what was processed can neither be parked nor wait. Read only then.
    async onError(request) {
      if (!(request.error instanceof Park || request.error instanceof RetryLater)) return;
      const duplicate = await evidence.find(request.event);
      if (duplicate !== undefined) request.response = duplicate;
    },
  };
}

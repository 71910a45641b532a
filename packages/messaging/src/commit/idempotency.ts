// The middleware that makes a handler's effect happen once: it commits what the handler collected together
// with the evidence that the message was processed, in the form the evidence store gives them.
//
//   G1. State and outgoing messages commit together or not at all.
//   G2. Effect and evidence commit together; a duplicate is recognised by the evidence.

import { type Outcome, Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { isUnread } from "../envelope/envelope.ts";
import { duplicateLookups } from "../observe/duplicate-lookups.ts";
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import { doneHere } from "./done-here.ts";

const duplicate: Outcome = { kind: "duplicate", receipt: undefined };

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
  /** A commit that meets evidence costs much more than a lookup: where there was a duplicate, the next are looked up. */
  readonly looksUpFirst?: boolean;
  /** Hears that a run has begun, for a store that commits several together. */
  begin?(delivery: Delivery): void;
  /** Hears that a run has ended. */
  end?(delivery: Delivery): void;
}

/**
 * So many messages after a duplicate are looked up before they run. A lookup costs a read unit, a cancelled
 * transaction of three items up to six write units, each five times as dear: one duplicate in thirty pays for it.
 */
const lookupsAfterDuplicate = 30;

/**
 * Makes the effect of a message happen once.
 * ```ts
 * consumer(reserveCredit).use(idempotency({ evidence: rows() }))
 * ```
 */
export function idempotency({ evidence }: { readonly evidence: EvidenceStore }): MessageMiddleware {
  const lookups = duplicateLookups(lookupsAfterDuplicate);
  const done = doneHere();
  /** The units of the messages that the guards before this middleware let pass. */
  const passedGuards = new WeakSet<object>();
  return {
    find,

    before({ event }) {
      passedGuards.add(event.unit);
      if (done.has(event)) return duplicate;
      evidence.begin?.(event);
      return isProbablyDone(event) ? findFirst(event) : undefined;
    },

    async after(request) {
      const checked = request.event.unit.checked();
      if (checked) await checked;
      const outcome = await evidence.commit(request.event, request.response);
      if (outcome.kind === "duplicate") lookups.found();
      if (outcome.kind !== "lost" && hasWork(request.event)) done.add(request.event);
      request.response = outcome;
    },

    /**
     * The handler of a duplicate meets the state that the first run left, and may well refuse it ("this order is
     * shipped already"); that of a message that overtook another, a state that is not there yet. So a failure
     * counts only when the evidence has nothing to say (G2, G4).
     */
    async onError({ event, error }) {
      evidence.end?.(event);
      return error instanceof StateMoved ? undefined : findOrUndefined(event);
    },
  };

  async function findFirst(event: Delivery): Promise<Outcome | undefined> {
    const found = await find(event);
    if (found) {
      evidence.end?.(event);
      lookups.found();
    }
    return found;
  }

  /** Data that were not fetched may say the same under another reference: the run fetches them, and the commit decides. */
  async function find(delivery: Delivery): Promise<Outcome | undefined> {
    if (done.has(delivery)) return duplicate;
    try {
      const found = await evidence.find(delivery);
      if (found && found.kind !== "lost") done.add(delivery);
      return found;
    } catch (error) {
      if (error instanceof Park && isUnread(delivery.message)) return undefined;
      throw error;
    }
  }

  /** One read is cheaper than a run that ends in a cancelled commit. */
  function isProbablyDone({ sqsMessage }: Delivery): boolean {
    if ((sqsMessage?.receiveCount ?? 1) > 1) return true;
    return evidence.looksUpFirst === true && lookups.isDue();
  }

  /**
   * When the evidence cannot be read either, the first error is the one to report. So it is when a guard refused the message:
   * an altered one differs from what was processed under its id, and is parked for its signature all the same (G7).
   */
  async function findOrUndefined(event: Delivery): Promise<Outcome | undefined> {
    try {
      return await find(event);
    } catch (error) {
      if (!passedGuards.has(event.unit)) return undefined;
      if (error instanceof Park || error instanceof RetryLater) throw error;
      return undefined;
    }
  }
}

/** A run without any leaves no evidence in some forms, and may find something to do the next time. */
function hasWork({ unit }: Delivery): boolean {
  return unit.writes.length > 0 || unit.messages.length > 0;
}

// Effects outside DynamoDB: another company's API cannot join our transaction, so after a crash the kit asks the other
// side whether the effect happened, and does not guess.
//
//   G8. `perform` runs at most once per key, unless the other side says that it did not happen.
//
// Before: the delivery acquires a lease on the key. After: it records the result in the lease's item, and every later
// delivery gets that result. A lease that ended without a result is in doubt: the next delivery acquires it with a
// higher fence and calls `lookup`. If `lookup` returns a result, it is recorded; if it returns "it did not happen",
// `perform` runs; if it gives no answer, the message is parked as IN_DOUBT.
//
// `perform` is aborted before its lease ends and does not start after it. One case no lease can prevent: a process is
// paused between that check and its request, and sends the request after another has performed. Only the other side
// can refuse that request: by the key, if it keeps keys, or by the fence, if it refuses a lower one than it saw.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { watchedWork } from "../aws/in-flight.ts";
import { nowMs } from "../core/clock.ts";
import { environment } from "../core/environment.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { derivedId } from "../core/ids.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { wholeNumber } from "../core/whole-number.ts";
import { asJson } from "../envelope/json-value.ts";
import { logUnderBoth as log } from "../observe/former-codes.ts";
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import { type Lease, leaseTable } from "./lease.ts";

/**
 * Performs once what `key` names, and returns its result, as JSON keeps it, on this and every later delivery.
 * @throws RetryLater LEASE_HELD, LEASE_LOST, TIME_SHORT, OUTCOME_UNKNOWN, LOOKUP_FAILED, RESULT_NOT_RECORDED
 * @throws Park IN_DOUBT, EFFECT_KEY_INVALID, EFFECT_RESULT_INVALID, EFFECT_RESULT_TOO_LARGE, and the outcome of a NotPerformed
 */
export type Effect = <Result extends EffectResult>(key: string, work: EffectWork<Result>) => Promise<Result>;

/** What JSON can keep; `undefined` is the answer "it did not happen". */
export type EffectResult = NonNullable<unknown> | null;

export interface EffectWork<Result extends EffectResult> {
  /**
   * Acts on the other side. Whatever it throws leaves the outcome unknown, except NotPerformed. It must give up
   * when the signal aborts; hand the key and the fence to the other side if it can do anything with them.
   */
  perform(attempt: {
    readonly key: string;
    readonly fence: number;
    readonly signal: AbortSignal;
  }): Promise<Result>;
  /**
   * Asks the other side what became of the key: the result, or undefined when it certainly did not happen.
   * It must see everything that the other side took in up to a grace period ago.
   */
  lookup?(question: { readonly key: string; readonly signal: AbortSignal }): Promise<Result | undefined>;
}

/** Thrown by `perform` on a definite answer: nothing happened there. The message then ends as `outcome` says. */
export class NotPerformed extends Error {
  override readonly name = "NotPerformed";
  readonly outcome: Park | RetryLater;

  constructor(outcome: Park | RetryLater) {
    super(outcome.message, { cause: outcome });
    this.outcome = outcome;
  }
}

export interface EffectsOptions {
  /** Where the records of effects are kept; by default what EVIDENCE_TABLE names. */
  readonly table?: string;
  /** How long after the end of a lease others wait before they ask: clocks disagree, requests travel. */
  readonly graceMs?: number;
  readonly client?: DynamoDBClient;
}

/** Kept back from the lease to record the result. */
const recordMs = 500;
/** With less time than this left, an effect is not begun. */
const performMinMs = 1_000;
const keyLengthMax = 512;
/** An item holds 400 KB; a result is a few ids. */
const resultLengthMax = 100_000;

/**
 * Gives the handler `effect` in its third argument.
 * ```ts
 * consumer(shipOrder)
 *   .use(idempotency({ evidence: rows() }))
 *   .use(effects())
 *   .handler(async (message, unit, { effect }) => {
 *     const consignment = await effect(`ship:${message.data.orderId}`, {
 *       perform: ({ signal }) => carrier.ship(message.data, signal),
 *       lookup: ({ signal }) => carrier.find(message.data.orderId, signal),
 *     });
 *   });
 * ```
 */
export function effects(options: EffectsOptions = {}): MessageMiddleware<{ readonly effect: Effect }> {
  const { table, graceMs, client } = resolve(options);
  const leases = leaseTable({ table, graceMs, client });
  return {
    before(request) {
      const delivery = request.event;
      request.context = {
        ...request.context, // a copy: the messages of a batch share the invocation's context
        effect: (key, work) => watchedWork("effect", () => runOnce(delivery, key, work)),
      };
    },
  };

  async function runOnce<Result extends EffectResult>(
    { consumer, deadlineMs }: Delivery,
    key: string,
    work: EffectWork<Result>,
  ): Promise<Result> {
    if (key === "" || key.length > keyLengthMax) {
      throw new Park("EFFECT_KEY_INVALID", `1 to ${keyLengthMax} characters, got ${key.length}`);
    }
    if (deadlineMs - recordMs - nowMs() < performMinMs) throw timeShort();
    const id = `effect:${derivedId(consumer, key)}`; // a colon: no evidence of a message has this id
    const acquired = await leases.acquire({ id, untilMs: deadlineMs, about: { consumer, key } });
    if (acquired.kind === "settled") return acquired.result as Result; // G8: recorded, so never again
    if (acquired.kind === "held") {
      throw new RetryLater("LEASE_HELD", acquired.retryAfterSeconds, { waited: true });
    }

    const known = acquired.inDoubt ? await ask(acquired.lease, key, work) : undefined;
    const result = known === undefined ? await act(acquired.lease, key, work) : known;
    return record(acquired.lease, key, result);
  }
}

async function ask<Result extends EffectResult>(
  lease: Lease,
  key: string,
  work: EffectWork<Result>,
): Promise<Result | undefined> {
  if (work.lookup === undefined) throw inDoubt(lease, key);
  try {
    return await beforeLeaseEnds(lease, async (signal) => work.lookup?.({ key, signal }));
  } catch (error) {
    throw open(error, "LOOKUP_FAILED", lease, key);
  }
}

async function act<Result extends EffectResult>(
  lease: Lease,
  key: string,
  work: EffectWork<Result>,
): Promise<Result> {
  if (lease.untilMs - recordMs - nowMs() < performMinMs) {
    await giveBack(lease); // late, perhaps overtaken: a lookup or a stopped process took the time
    throw timeShort();
  }
  try {
    return await beforeLeaseEnds(lease, async (signal) => work.perform({ key, fence: lease.fence, signal }));
  } catch (error) {
    if (error instanceof NotPerformed) {
      await giveBack(lease);
      throw error.outcome;
    }
    if (work.lookup === undefined && !(error instanceof Park)) throw inDoubt(lease, key, error);
    throw open(error, "OUTCOME_UNKNOWN", lease, key);
  }
}

async function record<Result extends EffectResult>(
  lease: Lease,
  key: string,
  given: Result,
): Promise<Result> {
  const result = asJson(given, "EFFECT_RESULT_INVALID", key) ?? null; // a perform that returns nothing has happened all the same
  const { length } = JSON.stringify(result);
  if (length > resultLengthMax) {
    throw new Park("EFFECT_RESULT_TOO_LARGE", `${key}: ${length} characters, at most ${resultLengthMax}`);
  }
  try {
    return (await lease.settle(result)) as Result;
  } catch (error) {
    throw open(error, "RESULT_NOT_RECORDED", lease, key);
  }
}

/** Rejects at the latest when the time to record begins, whether or not the work heeds its signal. */
async function beforeLeaseEnds<Result>(
  lease: Lease,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.timeout(Math.max(0, lease.untilMs - recordMs - nowMs()));
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return Promise.race([work(signal), aborted]);
}

/** Leaves the lease unsettled, so that the next delivery asks after its end. On the last receive no delivery follows: parks. */
function open(error: unknown, code: string, lease: Lease, key: string): Park | RetryLater {
  if (error instanceof Park) return error;
  const asked = error instanceof RetryLater ? error : new RetryLater(code, undefined, { cause: error });
  const askableAfterSeconds = Math.ceil((lease.overtakenAfterMs - nowMs()) / 1000);
  const retryAfterSeconds = Math.max(asked.retryAfterSeconds ?? 0, askableAfterSeconds);
  return new RetryLater(asked.code, retryAfterSeconds, { cause: error, lastly: inDoubt(lease, key, error) });
}

/** Nothing was begun. */
function timeShort(): RetryLater {
  return new RetryLater("TIME_SHORT", undefined, { waited: true });
}

function inDoubt({ id, fence }: Lease, key: string, cause?: unknown): Park {
  return new Park("IN_DOUBT", `${key}: unknown whether it happened; fence ${fence}, item ${id}`, {
    cause,
  });
}

/** If the lease cannot be released, the next delivery waits for its end and calls `lookup`; nothing else is lost. */
async function giveBack(lease: Lease): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    log("warn", "LEASE_NOT_RELEASED", { leaseId: lease.id, errorCode: errorCodeOf(error) });
  }
}

function resolve(options: EffectsOptions) {
  const { table = environment("EVIDENCE_TABLE"), graceMs = 2_000, client } = options;
  wholeNumber("graceMs", graceMs, { min: 0, max: 900_000 });
  return { table, graceMs, client };
}

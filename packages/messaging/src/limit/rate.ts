// A rate for another company's API: concurrency is no rate. Its tokens are shared by all environments of the consumers
// that name the limit, and each message gets one before its handler runs.
//
//   G13. In no window of time do more handlers begin than the rate allows, and the burst.
//   G6. A message whose token is due later returns to its queue until then, and has used up no attempt.
//   G11. It waits in the function for seconds at most, and no token is sold further ahead than a message can wait.
//
// A clock decides when a token is used, and DynamoDB has none to ask: where the clocks of two environments differ by
// d seconds, d × `perSecond` more handlers may begin. Lambda's clocks differ by milliseconds.
import type { Delivery, MessageMiddleware, SqsMessage } from "../commit/delivery.ts";
import { nowMs, wait } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { limitMetrics } from "../core/limit-metrics.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { marginMs } from "../core/retry.ts";
import { wholeNumber } from "../core/whole-number.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { count, highest } from "../observe/metrics.ts";
import { type LimitOptions, limitTable } from "./limit-item.ts";
import { tokenLine } from "./token-line.ts";

export interface RateOptions extends LimitOptions {
  /** How many handlers begin in a second, on average; 0.001 to 100,000. */
  readonly perSecond: number;
  /**
   * How many may begin at once after a pause, and in any window beyond the rate: 1 to 1,000,000. Unless given, as many as in
   * one second. A token is used up to `burst / perSecond` seconds late, or lost: a small burst is strict and wastes tokens.
   */
  readonly burst?: number;
  /**
   * Gives each tenant a rate of its own: what it returns, 1 to 512 characters, names the tenant of the message. The data have
   * not met their schema yet.
   */
  readonly per?: (message: Envelope) => string;
}

/** A message that must wait no longer does so in the function: a return to the queue costs a request or two. */
const inFunctionMs = 1_000;
/** SQS knows whole seconds, and delivers a moment late. */
const lateUsuallyMs = 200;
/** How often a token that came too late is replaced at once. */
const tokensMax = 3;
/** When the line is sold out for hours: between the next tries, seconds. */
const soldOutSeconds = 3_600;
const perLengthMax = 512;

/**
 * A token that an earlier receive took, from a rate that is asked before the one that the message waited for. It is good as
 * long as that wait: who needs another token of the later rate needs another of this one, too.
 */
const paid = 0;

/**
 * Lets handlers begin at no more than a rate. Put it behind `idempotency()`, so that no duplicate takes a token.
 * ```ts
 * consumer(shipOrder)
 *   .use(guards())
 *   .use(idempotency({ evidence: rows() }))
 *   .use(rate({ key: "carrier", perSecond: 20 }))
 * ```
 * With a second one in front of it, `rate({ key: "carrier", per: tenantOf, perSecond: 5 })`, no tenant takes more than a
 * quarter.
 * @throws Error when an option is out of range, or the stack does not grant the limit
 * @throws RetryLater RATE_LIMITED, RATE_UNAVAILABLE, CONTENDED, each as a wait
 * @throws Park RATE_KEY_INVALID
 */
export function rate(options: RateOptions): MessageMiddleware {
  const { limit, per, perSecond, burst } = resolve(options);
  const line = tokenLine({ limit, perSecond, burst });
  const offsetMs = offsetOf((burst / perSecond) * 1_000);
  /** The token of an earlier receive is used once: a second run of the receive needs another. */
  const used = new WeakSet<SqsMessage>();

  return {
    async before({ event }) {
      const id = idOf(event.message);
      const appointed = appointedFor(event, id);
      if (appointed === paid) return pay(event, id, () => enter(event, id));
      return enter(event, id, appointed);
    },
  };

  async function enter(event: Delivery, id: string, appointed?: number): Promise<undefined> {
    let tokenUs = appointed;
    for (let nth = 0; nth <= tokensMax; nth++) {
      if (tokenUs === undefined) await payAnew(event);
      tokenUs ??= await take(event, id);
      if (!(await isInTime(tokenUs, event))) throw comeBack(event, id, tokenUs);
      if (line.isCurrent(tokenUs)) return pay(event, id);
      tokenUs = undefined; // too late for this one
    }
    throw new RetryLater("CONTENDED", undefined, { waited: true });
  }

  function idOf(message: Envelope): string {
    return per === undefined ? limit.idOf("rate") : limit.idOf("rate", derivedId(tenantOf(message, per)));
  }

  /** What the last receive was given for this one. */
  function appointedFor({ sqsMessage }: Delivery, id: string): number | undefined {
    if (sqsMessage === undefined || used.has(sqsMessage)) return undefined;
    used.add(sqsMessage);
    const told = Object.entries(sqsMessage.past?.kept ?? {});
    const kept = Object.fromEntries(told.filter(([, tokenUs]) => Number.isFinite(tokenUs))); // a note may be malformed
    return kept[id] ?? tokenIn(kept, id);
  }

  /** One that was sold at a higher rate than today's is void: all that were sold with it would break the rate. */
  function tokenIn(kept: Readonly<Record<string, number>>, id: string): number | undefined {
    const [, tokenUs] =
      Object.entries(kept).find(([name]) => {
        const [of, intervalUs] = name.split("@");
        return of === id && Number(intervalUs) >= line.intervalUs;
      }) ?? [];
    return tokenUs;
  }

  async function take(event: Delivery, id: string): Promise<number> {
    const token = await line.take({ id, waits: event.sqsMessage?.past?.waits ?? 0 }).catch((cause) => {
      if (cause instanceof RetryLater) throw cause;
      throw new RetryLater("RATE_UNAVAILABLE", undefined, { cause, waited: true });
    });
    if (token !== undefined) return token;
    highest(limitMetrics.rateAheadSeconds, soldOutSeconds);
    count(limitMetrics.rateLimited);
    throw new RetryLater("RATE_LIMITED", soldOutSeconds, { waited: true, kept: {} }); // what was paid is not good for so long
  }

  function comeBack(event: Delivery, id: string, tokenUs: number): RetryLater {
    const waitMs = tokenUs / 1_000 - nowMs();
    highest(limitMetrics.rateAheadSeconds, Math.ceil(waitMs / 1_000));
    count(limitMetrics.rateLimited);
    const seconds = Math.max(1, Math.round((waitMs + offsetMs) / 1_000));
    return new RetryLater("RATE_LIMITED", seconds, {
      waited: true,
      kept: { ...paidFor(event), [`${id}@${line.intervalUs}`]: tokenUs },
    });
  }

  /** Waits for a moment that is near. False when it is not. */
  async function isInTime(tokenUs: number, { deadlineMs }: Delivery): Promise<boolean> {
    const waitMs = Math.ceil(tokenUs / 1_000) - nowMs();
    if (waitMs <= 0) return true;
    if (waitMs > inFunctionMs + Math.max(0, -offsetMs) || nowMs() + waitMs > deadlineMs - marginMs)
      return false;
    await wait(waitMs);
    return true;
  }
}

/**
 * How long after its token is due a message comes back, on average: half a second before and after that are SQS's rounding.
 * In the middle of the time in which the token may be used, but no later than it has to be; the little burst of a strict rate
 * leaves no time after, so it comes before and waits in the function.
 */
function offsetOf(burstMs: number): number {
  const middleMs = (burstMs - 1_000) / 2;
  return middleMs < 0 ? middleMs - lateUsuallyMs : Math.min(middleMs, 500);
}

/**
 * Which rates a delivery has passed: of several, the later may make it wait, and the earlier are not asked again. Those that
 * an earlier receive paid have a way to pay anew.
 */
const passed = new WeakMap<object, Map<string, (() => Promise<undefined>) | undefined>>();

function pay({ unit }: Delivery, id: string, anew?: () => Promise<undefined>): undefined {
  passed.set(unit, (passed.get(unit) ?? new Map()).set(id, anew));
}

function paidFor({ unit }: Delivery): Record<string, number> {
  return Object.fromEntries([...(passed.get(unit) ?? [])].map(([id]) => [id, paid]));
}

async function payAnew({ unit }: Delivery): Promise<void> {
  const old = [...(passed.get(unit) ?? [])].filter(([, anew]) => anew !== undefined);
  for (const [id] of old) passed.get(unit)?.delete(id);
  for (const [, anew] of old) await anew?.();
}

function tenantOf(message: Envelope, per: (message: Envelope) => string): string {
  let tenant: unknown;
  let cause: unknown;
  try {
    tenant = per(message);
  } catch (error) {
    cause = error;
  }
  if (typeof tenant === "string" && tenant.length > 0 && tenant.length <= perLengthMax) return tenant;
  const got = cause === undefined ? typeof tenant : "an error";
  throw new Park("RATE_KEY_INVALID", `\`per\` must return 1 to ${perLengthMax} characters, got ${got}`, {
    cause,
  });
}

function resolve(options: RateOptions) {
  const { perSecond, per } = options;
  if (!(perSecond >= 0.001 && perSecond <= 100_000))
    throw new Error(`rate: perSecond must be a number from 0.001 to 100000, got ${perSecond}`);
  const burst = options.burst ?? Math.max(1, Math.ceil(perSecond));
  wholeNumber("rate: burst", burst, { min: 1, max: 1_000_000 });
  return { limit: limitTable("rate", options), perSecond, burst, per };
}

// A breaker in front of another company's API: while the other side fails, messages wait in their queue and nobody calls.
//
//   G6. A message that meets an open breaker has used up no attempt; neither has one that failed while the other side
//   answered hardly anybody, because that says nothing about the message.
//   G13. While it is open no handler begins; then so many as are probes, until one of them succeeds.
//
// One bad message does not open it: a refusal (Park) is an answer of the other side, other errors have to be those of
// several messages, and where others succeed its failures are its own attempts.
import type { Delivery, MessageMiddleware } from "../commit/delivery.ts";
import { nowMs } from "../core/clock.ts";
import { evidenceId } from "../core/ids.ts";
import { limitMetrics } from "../core/limit-metrics.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { isWait } from "../core/waits.ts";
import { wholeNumber } from "../core/whole-number.ts";
import { log } from "../observe/log.ts";
import { highest } from "../observe/metrics.ts";
import { type BreakerState, breakerStore, closed, type Failure, isSame } from "./breaker-state.ts";
import { type LimitOptions, limitTable } from "./limit-item.ts";
import { isFailureOfOtherSide } from "./other-side.ts";
import { recentOutcomes } from "./recent-outcomes.ts";

export interface BreakerOptions extends LimitOptions {
  /** After so many different messages failed and none succeeded in between, it opens: 2 to 100; 5 unless given. */
  readonly failures?: number;
  /** For how long: 1 to 3,600 seconds; 30 unless given. Twice as long each time that all probes fail. */
  readonly openSeconds?: number;
  /** But no longer than that: up to 3,600 seconds; 300 unless given. The longest time until a recovery is noticed. */
  readonly openSecondsMax?: number;
  /** So many messages try whether the other side is back: 1 to 100; 3 unless given. */
  readonly probes?: number;
  /**
   * Whether an error of the handler is a failure of the other side. Unless given, every RetryLater is that is no wait and no
   * fault of the kit's own: what `effect()` makes of a failed request, and what you throw. Another error is a fault of the
   * code, and Park is an answer.
   */
  readonly isFailure?: (error: unknown) => boolean;
}

/** How old the state may be that a process acts on. */
const knownMs = 2_000;
/** A message that may not be a probe looks again after that, and up to as long again as the breaker was open. Seconds. */
const lookAgainSeconds = 5;
/** After the deadline of its invocation a probe says nothing any more. */
const probeGraceMs = 2_000;

/**
 * Stops calling the other side while it fails. Put it behind `idempotency()` and before `rate()`.
 * ```ts
 * consumer(shipOrder)
 *   .use(guards())
 *   .use(idempotency({ evidence: rows() }))
 *   .use(breaker({ key: "carrier" }))
 *   .use(effects())
 * ```
 * @throws Error when an option is out of range, or the stack does not grant the limit
 * @throws RetryLater BREAKER_OPEN, as a wait
 */
export function breaker(options: BreakerOptions): MessageMiddleware {
  const { limit, failures, openMs, openMsMax, probes, isFailure } = resolve(options);
  const store = breakerStore(limit);
  const recent = recentOutcomes();
  /** The runs that it let begin, by their units: with the state that they have seen, which is not closed for a probe. */
  const begun = new WeakMap<object, BreakerState>();
  let known = { state: closed, readMs: Number.NEGATIVE_INFINITY };
  let reading: Promise<BreakerState> | undefined;

  return {
    async before({ event }) {
      const seen = await current();
      if (seen.openings === 0) return enter(event, seen);
      if (isOpen(seen)) throw wait(untilOpenEnds(seen));
      return halfOpen(event, seen);
    },

    async after({ event }) {
      const seen = begun.get(event.unit) ?? closed;
      recent.add(evidenceId(event), false);
      const { openings, failed } = known.state;
      if (seen.openings > 0) await recover(seen);
      // What began before it opened says nothing of now.
      else if (openings === 0 && failed.size > 0) await recover(known.state);
    },

    async onError(request) {
      const { event, error } = request;
      const seen = begun.get(event.unit);
      if (!seen || !isFailure(error)) return;
      const message = evidenceId(event);
      recent.add(message, true);
      if (seen.openings === 0 && !recent.areFailures()) return; // it answers others: an attempt of this message
      const state = await failed({ message, begun: seen }, error);
      if (state) request.error = noAttempt(error as Error, state);
    },
  };

  function enter({ unit }: Delivery, seen: BreakerState): undefined {
    begun.set(unit, seen);
  }

  async function halfOpen(event: Delivery, seen: BreakerState): Promise<undefined> {
    const probe = {
      message: evidenceId(event),
      probesMax: probes,
      untilMs: event.deadlineMs + probeGraceMs,
    };
    const before = known;
    const [isProbe, now] = await store.probe(seen, probe).catch((cause) => {
      throw new RetryLater("BREAKER_OPEN", lookAgainSeconds, { cause, waited: true });
    });
    remember(now, before);
    if (isProbe || now.openings === 0) return enter(event, now);
    throw wait(isOpen(now) ? untilOpenEnds(now) : spread(now, lookAgainSeconds));
  }

  /** Undefined when it cannot be said: then the error is what it was. */
  async function failed(failure: Failure, error: unknown): Promise<BreakerState | undefined> {
    const before = known;
    try {
      let [isCounted, state] = await store.fail(failure);
      const enough = state.openings > 0 ? Math.min(probes, failures) : failures;
      if (isCounted && state.failed.size >= enough) {
        const { openings } = state;
        const nextMs = Math.min(openMs * 2 ** Math.min(openings, 20), openMsMax);
        const [isOpened, now] = await store.open(state, nextMs);
        state = now;
        const errorCode = error instanceof RetryLater ? error.code : nameOf(error);
        const openSeconds = nextMs / 1_000;
        if (isOpened)
          log("warn", "BREAKER_OPENED", {
            limit: limit.name,
            openings: openings + 1,
            openSeconds,
            errorCode,
          });
      }
      return remember(state, before);
    } catch (cause) {
      unavailable(cause);
      return undefined;
    }
  }

  /** Closes it, or forgets the failures of one that is not open. */
  async function recover(seen: BreakerState): Promise<void> {
    const before = known;
    try {
      const [isDone, now] = await store.close(seen);
      remember(now, before);
      if (isDone && seen.openings > 0)
        log("info", "BREAKER_CLOSED", {
          limit: limit.name,
          openedSeconds: Math.round((nowMs() - seen.openedMs) / 1_000),
        });
    } catch (cause) {
      unavailable(cause);
    }
  }

  function wait(seconds: number): RetryLater {
    return new RetryLater("BREAKER_OPEN", seconds, { waited: true });
  }

  function untilOpenEnds(state: BreakerState): number {
    return spread(state, Math.ceil((state.openUntilMs - nowMs()) / 1_000));
  }

  /** Over as long as it was open, so that not all of them come back at once. */
  function spread({ openMs: spreadMs, openedMs }: BreakerState, seconds: number): number {
    highest(limitMetrics.breakerOpenSeconds, Math.round((nowMs() - openedMs) / 1_000));
    return seconds + Math.floor((Math.random() * spreadMs) / 1_000);
  }

  /** The message failed as all others do: it waits, at least as long as it would have. */
  function noAttempt(error: Error, state: BreakerState): RetryLater {
    const { code, retryAfterSeconds, lastly } =
      error instanceof RetryLater ? error : new RetryLater(nameOf(error));
    const seconds = isOpen(state)
      ? Math.max(retryAfterSeconds ?? 0, untilOpenEnds(state))
      : retryAfterSeconds;
    return new RetryLater(code, seconds, { cause: error, waited: true, ...(lastly && { lastly }) });
  }

  /** The state, at most a moment old; as it was known last when it cannot be read. */
  async function current(): Promise<BreakerState> {
    const isKnown = nowMs() < known.readMs + knownMs || isOpen(known.state);
    if (isKnown) return known.state;
    const before = known;
    reading ??= store
      .read()
      .catch((cause) => {
        unavailable(cause);
        return known.state;
      })
      // What a write has told meanwhile is newer.
      .then((state) => (known === before ? remember(state, before) : known.state))
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  /** Of two answers that were on their way at once nobody can say which is newer: then the next message reads. */
  function remember(state: BreakerState, before: typeof known): BreakerState {
    const isNewest = known === before || isSame(known.state, state);
    known = { state, readMs: isNewest ? nowMs() : Number.NEGATIVE_INFINITY };
    return state;
  }

  function unavailable(cause: unknown): void {
    log("warn", "BREAKER_UNAVAILABLE", { limit: limit.name, errorCode: nameOf(cause) });
  }
}

/** One that would be open for longer than it can be has its time from a clock that was wrong. */
function isOpen({ openUntilMs, openMs }: BreakerState): boolean {
  const leftMs = openUntilMs - nowMs();
  return leftMs > 0 && leftMs <= 2 * openMs;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function resolve(options: BreakerOptions) {
  const { failures = 5, openSeconds = 30, openSecondsMax = Math.max(300, openSeconds), probes = 3 } = options;
  const { isFailure = isFailureOfOtherSide } = options;
  wholeNumber("breaker: failures", failures, { min: 2, max: 100 });
  wholeNumber("breaker: openSeconds", openSeconds, { min: 1, max: 3_600 });
  wholeNumber("breaker: openSecondsMax", openSecondsMax, { min: openSeconds, max: 3_600 });
  wholeNumber("breaker: probes", probes, { min: 1, max: 100 });
  return {
    limit: limitTable("breaker", options),
    failures,
    probes,
    openMs: openSeconds * 1_000,
    openMsMax: openSecondsMax * 1_000,
    isFailure: (error: unknown) => !(error instanceof Park) && !isWait(error) && isFailure(error),
  };
}

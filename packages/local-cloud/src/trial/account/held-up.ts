// What must hold of a consumer that was held up. The service that it calls says when it was called; the kit's own limits are not
// asked. Pure.

import { type DeadLetter, RECEIVES_EXHAUSTED } from "@essentially-once/operator/dead-letters/dead-letter";
import type { HeldUp } from "../send/hold-up.ts";
import { type Invariant, invariant } from "./invariant.ts";

/**
 * A rate counts the beginnings of handlers, and the service sees its calls, on a machine where everything shares the
 * processors: so much later, in milliseconds.
 */
const LATE_MS_MAX = 1_500;

/** What a message is parked as that was held up for too long, or used up its attempts meanwhile. */
const heldUpReasons = ["RETRIES_EXHAUSTED", "WAITED_TOO_LONG", RECEIVES_EXHAUSTED];

export interface HeldUpFacts {
  readonly deadLetters: readonly DeadLetter[];
  /** Whether it had to become one. */
  readonly isPoison: (deadLetter: DeadLetter) => boolean;
}

export function heldUpInvariants(heldUp: HeldUp, facts: HeldUpFacts): Invariant[] {
  const { consumer, rate, pause } = heldUp;
  const { refused, callsInASecond } = heldUpSummary(heldUp);
  return [
    invariant(
      `${consumer} keeps to its rate`,
      rateErrors(ordersTo(heldUp), rate),
      `at most ${callsInASecond} calls in a second, of ${rate.perSecond} + ${rate.burst}`,
    ),
    invariant(
      `${consumer} waits out an outage and a pause`,
      [...heldUpErrors(heldUp), ...parkedErrors(heldUp, facts)],
      pause ? `${refused} calls failed, ${pause.waited} waited` : "too few came for one",
    ),
  ];
}

export function heldUpSummary(heldUp: HeldUp) {
  const { came, outageMs, pause } = heldUp;
  return {
    callsInASecond: mostInASecond(ordersTo(heldUp)),
    outageSeconds: seconds(outageMs),
    refused: came.filter(({ isRefused }) => isRefused).length,
    pausedSeconds: pause ? seconds(pause.untilMs - pause.fromMs) : 0,
    waitedPaused: pause?.waited ?? 0,
  };
}

/** A handler asks what was booked as often as it must, and orders once: when. */
function ordersTo({ came }: HeldUp): number[] {
  return came.filter(({ method }) => method === "POST").map(({ atMs }) => atMs);
}

/** In any window of time no more than the rate allows in it, and the burst: a bucket that leaks never overflows. */
function rateErrors(timesMs: readonly number[], { perSecond, burst }: HeldUp["rate"]): string[] {
  const callsMax = burst + (perSecond * LATE_MS_MAX) / 1_000;
  let [level, lastMs] = [0, 0];
  return timesMs.flatMap((atMs) => {
    level = Math.max(0, level - ((atMs - lastMs) * perSecond) / 1_000) + 1;
    lastMs = atMs;
    if (level <= callsMax) return [];
    level = 0; // told once for each excess
    return [
      `${seconds(atMs)} s after the start more came than ${perSecond} a second and ${burst} at once allow`,
    ];
  });
}

function heldUpErrors({ consumer, came, pause, failure }: HeldUp): string[] {
  const meanwhile = pause ? came.filter(({ atMs }) => atMs > pause.fromMs && atMs < pause.untilMs) : [];
  return [
    ...(failure === undefined ? [] : [failure]),
    ...(meanwhile.length > 0 ? [`${consumer} made ${meanwhile.length} calls while it was paused`] : []),
  ];
}

function parkedErrors({ queue }: HeldUp, { deadLetters, isPoison }: HeldUpFacts): string[] {
  return deadLetters
    .filter((one) => one.consumer === queue && heldUpReasons.includes(one.reason) && !isPoison(one))
    .map(({ id, reason }) => `${id} was parked (${reason})`);
}

function mostInASecond(timesMs: readonly number[]): number {
  let from = 0;
  return timesMs.reduce((most, atMs, index) => {
    while ((timesMs[from] ?? atMs) <= atMs - 1_000) from++;
    return Math.max(most, index - from + 1);
  }, 0);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

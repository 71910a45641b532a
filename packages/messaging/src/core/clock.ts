// The one clock. Clocks decide liveness (age, backoff, expiry) and never safety: safety is in conditions.

let now: () => number = Date.now;

/** Milliseconds since the epoch. */
export function nowMs(): number {
  return now();
}

export function nowSeconds(): number {
  return Math.floor(now() / 1000);
}

/** A timer may fire a moment before its time. Who waits for a moment waits so much longer, and then the clock agrees. */
export const earlyMs = 1;

/** So long, also by the clock. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms + earlyMs));
}

let last = { ms: Number.NaN, iso: "" };

/** The present as RFC 3339, the form CloudEvents asks of `time`. */
export function nowIso(): string {
  const ms = now();
  if (ms !== last.ms) last = { ms, iso: new Date(ms).toISOString() }; // a batch asks many times a millisecond
  return last.iso;
}

/** For tests: replaces the clock and returns a function that puts the real one back. */
export function setClock(replacement: () => number): () => void {
  now = replacement;
  return function restoreClock() {
    now = Date.now;
  };
}

// The one clock. Clocks decide liveness (age, backoff, expiry) and never safety: safety is in conditions.

let now: () => number = Date.now;

/** Milliseconds since the epoch. */
export function nowMs(): number {
  return now();
}

export function nowSeconds(): number {
  return Math.floor(now() / 1000);
}

/** The present as RFC 3339, the form CloudEvents asks of `time`. */
export function nowIso(): string {
  return new Date(now()).toISOString();
}

/** For tests: replaces the clock and returns a function that puts the real one back. */
export function setClock(replacement: () => number): () => void {
  now = replacement;
  return function restoreClock() {
    now = Date.now;
  };
}

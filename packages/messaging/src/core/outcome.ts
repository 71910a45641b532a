// A message ends in one of four ways: done, duplicate, retry later, park. The first two are returned, the
// last two are thrown, from any depth. Where losing is allowed there is a fifth: lost. Codes: docs/errors.md.

export interface Outcome {
  readonly kind: "done" | "duplicate" | "lost";
  /** What the first run returned to its caller; a duplicate gets the same. */
  readonly receipt?: unknown;
  /** Why it was lost. */
  readonly errorCode?: string;
}

/**
 * Not now: the message is tried again after a delay. Either an attempt failed, and the last one parks; or the message
 * only waited (`waited`: for a busy key, a lease, a predecessor, a rate), which uses up no attempt and ends with time.
 * Which is which stands here and in waits.ts, nowhere else.
 */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  /** What the message is parked as when it is not tried again; absent is RETRIES_EXHAUSTED, or WAITED_TOO_LONG. */
  readonly lastly: Park | undefined;
  /** True when nothing was tried that could have failed because of the message. */
  readonly waited: boolean;
  /** In how many milliseconds what it waits for is most likely there; absent when this invocation will not see it. */
  readonly soonMs: number | undefined;
  /** How many are in front of it, when it waits in a line of fixed order: how fast the line moves says when its turn comes. */
  readonly ahead: number | undefined;
  /**
   * An appointment, by its name: told to the message's next receive and to no later one. The delay is kept as it was asked
   * for.
   */
  readonly kept: Readonly<Record<string, number>> | undefined;

  /** @param retryAfterSeconds the delay; absent lets the backoff decide */
  constructor(
    code: string,
    retryAfterSeconds?: number,
    options: {
      cause?: unknown;
      lastly?: Park;
      waited?: boolean;
      soonMs?: number;
      ahead?: number;
      kept?: Readonly<Record<string, number>>;
    } = {},
  ) {
    super(code, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.lastly = options.lastly;
    this.waited = options.waited ?? false;
    this.soonMs = options.soonMs;
    this.ahead = options.ahead;
    this.kept = options.kept;
  }
}

/** Never: the message goes to the dead-letter queue with this reason, and its neighbours go on. */
export class Park extends Error {
  override readonly name = "Park";
  readonly code: string;
  readonly detail: string;

  /** @param detail for the operator: ids, names and limits, never the payload */
  constructor(code: string, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** The state moved between the handler's read and its commit; running the handler again sees the new state. */
export class StateMoved extends Error {
  override readonly name = "StateMoved";
  /** Names the item that another was faster at, when that is known. */
  readonly item: string | undefined;
  /** What the message waits for when every run loses. */
  readonly code: string;
  /** The items whose conditions failed, as they were then (null: no such item), when that is known. */
  readonly seen: readonly unknown[] | undefined;

  constructor(item?: string, code = "CONTENDED", seen?: readonly unknown[]) {
    super(code);
    this.item = item;
    this.code = code;
    this.seen = seen;
  }
}

/** Whether the same message may well succeed within the same invocation. */
export function isRepeatable(error: unknown): error is StateMoved | RetryLater {
  return error instanceof StateMoved || (error instanceof RetryLater && error.soonMs !== undefined);
}

// The one boundary between event sources and the runtime: call a function by its ARN, learn how it ended.

export type Invoke = (
  functionArn: string,
  event: unknown,
  options?: InvocationOptions,
) => Promise<InvocationResult>;

export interface InvocationOptions {
  /** How many records the event carries, for the display. */
  readonly records?: number;
  /** 1 for a first delivery; with several records the highest of them. */
  readonly attempt?: number;
  /** In a process of its own if none is free: no wait for one. */
  readonly atOnce?: boolean;
  /** Kill the function's process: so long after it got the event, or when its response is here. */
  readonly kill?: { readonly afterMs: number } | "on-response";
}

export interface InvocationResult {
  readonly requestId: string;
  /**
   * `error`: the handler threw, or could not be loaded. `timeout`: killed by the deadline. `killed`: the process ended in any other way.
   * `dropped`: the function answered and the answer was lost (only under chaos).
   */
  readonly outcome: "ok" | "error" | "timeout" | "killed" | "dropped";
  /** What the handler returned, through JSON; only with `ok`. */
  readonly response?: unknown;
  readonly error?: InvocationError;
}

/** Lambda's words for what went wrong: `errorType`, `errorMessage`, `trace`. */
export interface InvocationError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
}

/** The type of the error of an invocation that no execution environment was free for. */
export const THROTTLED = "TooManyRequestsException";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, request and response each */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

// The events that the local cloud reports to the live display, the tests and the final account.
//
//   Events are for people and for counting deliveries. They prove nothing: the state of the orders is read from tables and
//   queues.

export type LocalEvent =
  | StartedEvent
  | InvocationEvent
  | RedeliveryEvent
  | LogEvent
  | ChaosEvent
  | StreamFailureEvent
  | DenialEvent;

export type Emit = (event: LocalEvent) => void;

/** A function gets an event. */
export interface StartedEvent {
  readonly kind: "started";
  /** Construct path of the function. */
  readonly path: string;
  readonly requestId: string;
  readonly processId: number;
  /** As the function gets it, payloads and all: to know which messages are in it, never to be shown whole. */
  readonly event: unknown;
}

/** One run of a function has ended. */
export interface InvocationEvent {
  readonly kind: "invocation";
  readonly functionName: string;
  /** Construct path of the function. */
  readonly path: string;
  readonly requestId: string;
  readonly processId: number;
  readonly records: number;
  readonly outcome: "ok" | "error" | "timeout" | "killed";
  /** Records that the function reported as failed; all of them when it did not answer. */
  readonly failures: number;
  readonly durationMs: number;
  readonly coldStart: boolean;
  readonly error?: { readonly type: string; readonly message: string };
}

/** A message was received again. */
export interface RedeliveryEvent {
  readonly kind: "redelivery";
  /** Construct path of the function that gets it. */
  readonly path: string;
  readonly messageId: string;
  readonly envelopeId?: string;
  readonly receiveCount: number;
  /** How the invocation that had it last ended; `returned`: the function asked for it again. */
  readonly afterOutcome?: "error" | "timeout" | "killed" | "dropped" | "returned";
}

/** A line that a function wrote, or (requestId `event-source`) trouble that an event source met. */
export interface LogEvent {
  readonly kind: "log";
  readonly path: string;
  readonly requestId: string;
  readonly line: string;
}

/** A fault was injected. */
export interface ChaosEvent {
  readonly kind: "chaos";
  readonly what: "kill" | "duplicate" | "lost-response" | "drop-response";
  readonly path?: string;
  readonly requestId?: string;
}

/** A stream mapping gave records up. */
export interface StreamFailureEvent {
  readonly kind: "stream-failure";
  /** Construct path of the function. */
  readonly path: string;
  readonly reason: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  readonly records: number;
}

/** A function asked for something that its role does not allow, and was told so as AWS would. */
export interface DenialEvent {
  readonly kind: "denial";
  /** Construct path of the function. */
  readonly path: string;
  readonly action: string;
  /** Construct path where there is one, otherwise an ARN. */
  readonly resource: string;
  /** For the reader: all of the above, and a line of code that grants the permission. */
  readonly line: string;
}

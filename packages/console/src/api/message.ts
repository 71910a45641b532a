// `GET /api/search?q=TEXT`, `GET /api/message?id=ID&source=SOURCE`, `GET /api/correlation?id=ID`: one message and the flow that it
// belongs to. Of payloads there is nothing here; a dead letter's is had on request.

/** Newest first. `q` is a message id, a partition key, a correlation id or an SQS message id, whole. Empty: the latest messages. */
export interface SearchAnswer {
  readonly messages: readonly MessageSummary[];
  /** True when there are more than are here (100). */
  readonly more: boolean;
  readonly missing: readonly string[];
}

export interface MessageRef {
  readonly id: string;
  readonly source: string;
}

export interface MessageSummary extends MessageRef {
  readonly type: string;
  /** RFC 3339, of the commit. */
  readonly at?: string;
  readonly partitionkey?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly state: MessageState;
  /** Consumer → how it stands there. */
  readonly consumers: readonly { readonly consumer: string; readonly state: MessageState }[];
}

/** The worst of its consumers. `unknown`: nothing tells; `lost`: an at-most-once consumer gave it up. */
export type MessageState =
  | "scheduled"
  | "canceled"
  | "outbox"
  | "waiting"
  | "running"
  | "retrying"
  | "done"
  | "parked"
  | "discarded"
  | "superseded"
  | "lost"
  | "unknown";

export interface MessagePath {
  readonly message: MessageSummary;
  /** In the order of time; those without a time last. */
  readonly steps: readonly Step[];
  /** Messages that its handlers published. */
  readonly caused: readonly MessageSummary[];
  /** Gaps, a sentence each. */
  readonly missing: readonly string[];
}

export interface Step {
  /** RFC 3339 with milliseconds; absent where no source has a time. */
  readonly at?: string;
  readonly what:
    | "committed"
    | "published"
    | "journaled"
    | "delivered"
    | "parked"
    | "redriven"
    | "discarded"
    | "superseded"
    | "evidence"
    | "effect"
    | "scheduled"
    | "canceled"
    | "caused";
  /** A sentence, ready to show. */
  readonly text: string;
  /** Which source tells it. */
  readonly told: "events" | "journal" | "outbox" | "schedules" | "evidence" | "dead-letter" | "logs";
  readonly consumer?: string;
  /** Construct path of the function. */
  readonly functionPath?: string;
  /** The function's process: the same value is the same execution environment. */
  readonly environment?: string;
  readonly requestId?: string;
  /** 1 for the first delivery. */
  readonly receiveCount?: number;
  /** Of a delivery: before it, and while it ran. */
  readonly waitedMs?: number;
  readonly ranMs?: number;
  /** Of a delivery; absent while it runs. */
  readonly end?: DeliveryEnd;
  /** A code of docs/errors.md. */
  readonly code?: string;
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
  /** Trouble that was made on purpose in this delivery. */
  readonly chaos?: readonly string[];
  /** Of `caused`: the other message. */
  readonly message?: MessageRef & { readonly type: string };
}

export type DeliveryEnd =
  | "processed"
  | "duplicate"
  | "retried"
  | "parked"
  | "lost"
  | "killed"
  | "timed-out"
  | "failed"
  | "response-dropped";

/** All messages of one correlation id. */
export interface CorrelationFlow {
  readonly correlationid: string;
  readonly messages: readonly FlowMessage[];
  /** From cause to effect, by message id. */
  readonly causes: readonly { readonly from: string; readonly to: string }[];
  readonly processes?: readonly ProcessState[];
  readonly missing: readonly string[];
}

export interface FlowMessage extends MessageSummary {
  /** From its commit to the first delivery, of all deliveries, and from its commit to its end. */
  readonly waitedMs?: number;
  readonly ranMs?: number;
  readonly totalMs?: number;
  readonly deliveries: number;
}

/** A process that waits with a time-out, by its item. */
export interface ProcessState {
  readonly process: string;
  readonly key: string;
  readonly state: string;
  /** RFC 3339: since when it waits, and until when at most. */
  readonly at?: string;
  readonly dueAt?: string;
}

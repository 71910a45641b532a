// `GET /api/flow`: the graph of the stacks, once. `GET /api/counts`: the numbers on it, also pushed by the stream every second.

export interface Flow {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

export type NodeKind =
  | "url"
  | "schedule"
  | "function"
  | "queue"
  | "dead-letter-queue"
  | "table"
  | "schedules"
  | "outbox"
  | "journal"
  | "outside";

export interface FlowNode {
  /** Stable: a construct path where there is one, otherwise an output's key. */
  readonly id: string;
  readonly kind: NodeKind;
  /** Short, for the picture: `ReserveCredit`. */
  readonly label: string;
  /** The stack, to collapse by: `Credit`. */
  readonly service: string;
  /** What a function does; absent for all else. */
  readonly role?: "endpoint" | "consumer" | "projection" | "publisher" | "sweeper" | "dispatcher" | "other";
  /** Of a consumer's function, queue and dead-letter queue: `ReserveCredit`. */
  readonly consumer?: string;
  /** A line each: `visibility timeout 30 s`, `FIFO`, `accepts orders.order-placed.v1`. */
  readonly facts: readonly string[];
}

export interface FlowEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `calls`: by HTTP; `runs`: a schedule; `delivers`: queue or stream to function; `fails-to`: to a dead-letter queue. */
  readonly kind: "calls" | "runs" | "delivers" | "writes" | "reads" | "sends" | "fails-to";
  /** Message types that take this way. */
  readonly types: readonly string[];
}

export interface Counts {
  /** RFC 3339. */
  readonly at: string;
  /** Node id → its numbers; a node without any is absent. */
  readonly nodes: Readonly<Record<string, NodeCounts>>;
  /** Dead letters of all consumers. */
  readonly dead: number;
  /** What could not be counted, a sentence each. */
  readonly missing: readonly string[];
}

export interface NodeCounts {
  readonly waiting?: number;
  readonly inFlight?: number;
  readonly delayed?: number;
  /** Of a dead-letter queue. */
  readonly dead?: number;
  /** At most: since the queue was last seen empty. Absent while it is, and before it was. */
  readonly oldestSeconds?: number;
  /** Instead, while the queue was never seen empty: so long it has been looked at. Its messages may have waited for hours before. */
  readonly neverEmptySeconds?: number;
  /** Of a table: items, as far as a bounded read tells. */
  readonly items?: number;
  /** Messages processed in the last minute. */
  readonly perMinute?: number;
  /** Since the local cloud started; local only. */
  readonly totals?: FunctionTotals;
  /** So long a new message waits for its token of the rate; absent while the rate keeps up. */
  readonly rateBehindSeconds?: number;
  /** Set while nothing is taken from the queue. */
  readonly paused?: Paused;
}

export interface FunctionTotals {
  readonly invocations: number;
  readonly running: number;
  readonly errors: number;
  readonly kills: number;
  readonly redelivered: number;
  readonly duplicatesAbsorbed: number;
  readonly parked: number;
}

export interface Paused {
  /** `hand`: an operator; `breaker`: the consumer's own circuit breaker. */
  readonly by: "hand" | "breaker";
  readonly since?: string;
  readonly until?: string;
  readonly reason?: string;
}

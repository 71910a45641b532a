// One dead letter of a stage, handled on this machine: what `npm run dlq -- pull` does. Nothing of the stage changes.
//
//   POST /api/pull/begin ← PullRequest → PullRun, which has begun; one runs at a time
//   GET  /api/pull?id=ID → PullRun; with `&values=true` the values of changed attributes
//   GET  /api/pulls → PullRun[], that which runs, if any
//   POST /api/pull/stop ← { id } → PullRun

import type { Forecast } from "./dead-letter.ts";

export interface PullRequest {
  /** Of the dead letter. */
  readonly key: string;
  /** The handler waits for a debugger. */
  readonly inspect: boolean;
}

export interface PullRun {
  readonly id: string;
  readonly key: string;
  readonly state: "running" | "done" | "failed";
  /** What it has done so far, a sentence each; among them the debugger's address. */
  readonly lines: readonly string[];
  readonly error?: string;
  readonly result?: PullResult;
}

export interface PullResult {
  readonly outcome: "acknowledged" | "retried" | "parked" | "failed";
  /** Of a retry, a park or a failure. */
  readonly code?: string;
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
  /** Its evidence made the consumer take it for processed. */
  readonly isDuplicate: boolean;
  /** What the stage would keep. */
  readonly changes: readonly PullChange[];
  readonly messages: readonly PullMessage[];
  readonly itemsRead: number;
  /** What was not as on the stage, a sentence each. */
  readonly unanswered: readonly string[];
  /** Other services that it called, or wanted to call. */
  readonly outside: readonly string[];
  /** What the stage says of it, a sentence. */
  readonly evidence: string;
  readonly redrive: Forecast;
}

export interface PullChange {
  /** As the output of its stack is called: `CreditTable`. */
  readonly table: string;
  readonly key: string;
  readonly change: "added" | "changed" | "removed";
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
  /** JSON of the item before and after; only when asked for. */
  readonly before?: string;
  readonly after?: string;
}

export interface PullMessage {
  readonly type: string;
  readonly id: string;
  /** Consumers of this app; empty: others, or none. */
  readonly to: readonly string[];
  /** RFC 3339, for a scheduled message. */
  readonly due?: string;
}

// A dry run of one dead letter by its own handler, as the local cloud carries it out and `npm run dlq -- pull` tells it.
//
//   The local cloud is found by name and not imported: it is built on this package.

import type { Connection } from "../connect/connection.ts";
import { UsageError } from "../terminal/usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";

export interface PullRequest {
  /** The stage. Only its items are read. */
  readonly connection: Connection;
  readonly queue: ConsumerQueue;
  readonly deadLetter: DeadLetter;
  /** Whether the keys of the stage made its signature. */
  readonly isSigned: boolean;
  /** What a synthesis wrote; absent: this app is synthesized. */
  readonly assemblyDirectory?: string | undefined;
  /** The process waits for a debugger. */
  readonly inspect: boolean;
  /** Other services are really called. */
  readonly allowEffects: boolean;
  /** A line of progress, among them the debugger's address. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Pulled {
  readonly outcome: "acknowledged" | "retried" | "parked" | "failed";
  /** The code of a retry or a park, or the type of the error that ended the run. */
  readonly code?: string;
  readonly detail?: string;
  /** Of a retry. */
  readonly retryAfterSeconds?: number;
  /** Its evidence made the consumer take it for processed. */
  readonly isDuplicate: boolean;
  readonly changes: readonly ItemChange[];
  readonly messages: readonly PulledMessage[];
  /** Items that came from the stage. */
  readonly itemsRead: number;
  /** Requests that the local cloud could not answer as the stage would. */
  readonly unanswered: readonly string[];
  /** Other services that it called, or wanted to call. */
  readonly outside: readonly string[];
}

export interface ItemChange {
  /** As the output of its stack is called: `CreditTable`. */
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly change: "added" | "changed" | "removed";
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

export interface PulledMessage {
  readonly type: string;
  readonly id: string;
  /** Consumers that this app has for its type; empty: other apps, or none. */
  readonly to: readonly string[];
  /** RFC 3339, for a scheduled message. */
  readonly due?: string;
}

export type Pull = (request: PullRequest) => Promise<Pulled>;

const runner = "@essentially-once/local-cloud/pull-dead-letter";

/** @throws UsageError where the local cloud is not installed */
export async function findPull(name = runner): Promise<Pull> {
  try {
    return ((await import(name)) as { pullDeadLetter: Pull }).pullDeadLetter;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    const owner = name.split("/").slice(0, 2).join("/");
    if (![owner, name].some((missing) => error.message.includes(`'${missing}'`))) throw error;
    throw new UsageError(`pull runs the handler in the local cloud: npm install --save-dev ${owner}`);
  }
}

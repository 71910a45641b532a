// All dead letters, read together and kept for a moment: each look hides them from other readers while it lasts.

import { setTimeout as sleep } from "node:timers/promises";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { type DeadLetterList, listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import type { Reached } from "../reached.ts";
import { whyOf } from "../why.ts";
import { type Failure, failureOf, keyOf } from "./identity.ts";
import type { Turns } from "./turns.ts";

export interface Snapshot {
  readonly all: readonly Known[];
  readonly byKey: ReadonlyMap<string, Known>;
  readonly unread: readonly string[];
  readonly atMs: number;
}

export interface Known extends Failure {
  readonly key: string;
  readonly deadLetter: DeadLetter;
}

export interface Snapshots {
  /** Not older than a moment, and never an expired one, unless a long work is on the queues: then the last there is. */
  take(): Promise<Snapshot>;
  /** What was read is not true any more. */
  expire(): void;
}

const FRESH_MS = 3_000;
/** Another reader, a command of an operator for one, gives back what it holds in a moment. */
const AGAIN_MAX = 3;
const AGAIN_AFTER_MS = 300;

export function snapshots(reached: Reached, turns: Turns, now: () => number = Date.now): Snapshots {
  let last: Snapshot | undefined;
  let reading: Promise<Snapshot> | undefined;
  let generation = 0;
  let isExpired = false;

  async function read(of: number): Promise<Snapshot> {
    let list = await listed(reached);
    for (let again = 0; again < AGAIN_MAX && list.held > 0; again++) {
      await sleep(AGAIN_AFTER_MS);
      list = await listed(reached);
    }
    const snapshot = snapshotOf(list, now());
    last = snapshot;
    isExpired = of !== generation;
    return snapshot;
  }

  return {
    async take() {
      if (last && (turns.isBusy || (!isExpired && now() - last.atMs < FRESH_MS))) return last;
      reading ??= turns
        .take(() => read(generation))
        .finally(() => {
          reading = undefined;
        });
      return reading;
    },
    expire() {
      isExpired = true;
      reading = undefined;
      generation += 1;
    },
  };
}

/** A queue that cannot be read takes no other with it. */
async function listed({ connection, queues, known }: Reached): Promise<DeadLetterList> {
  const lists = await Promise.all(
    queues.map((queue) =>
      listDeadLetters(connection.sqs, [queue], known).catch((error: unknown): DeadLetterList => {
        const unread = [`${queue.consumer}: its dead letters were not read: ${whyOf(error)}`];
        return { deadLetters: [], unread, held: 0 };
      }),
    ),
  );
  return {
    deadLetters: lists.flatMap(({ deadLetters }) => deadLetters),
    unread: lists.flatMap(({ unread }) => unread),
    held: lists.reduce((sum, { held }) => sum + held, 0),
  };
}

/** Newest first. */
function snapshotOf({ deadLetters, unread }: DeadLetterList, atMs: number): Snapshot {
  const all = deadLetters
    .map((deadLetter) => ({ key: keyOf(deadLetter), deadLetter, ...failureOf(deadLetter) }))
    .sort((a, b) => (b.deadLetter.parkedAt ?? "").localeCompare(a.deadLetter.parkedAt ?? ""));
  return { all, byKey: new Map(all.map((one) => [one.key, one])), unread, atMs };
}

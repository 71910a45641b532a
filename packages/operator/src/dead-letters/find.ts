// Finds dead letters by id and keeps them invisible while the operator works on one of them.
//
//   A sender can write any id: two different messages may have the same, one of them a forgery. Then the operator chooses.

import type { SQSClient } from "@aws-sdk/client-sqs";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import { UsageError } from "../terminal/usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf, hasId } from "./dead-letter.ts";
import type { Knowledge } from "./judge.ts";
import { type Held, receiveAll } from "./receive-all.ts";

export interface Found {
  readonly deadLetter: DeadLetter;
  readonly queue: ConsumerQueue;
  readonly held: Held;
}

export interface FindOptions {
  readonly queues: readonly ConsumerQueue[];
  readonly id: string;
  readonly source?: string | undefined;
  readonly known?: Knowledge | undefined;
  readonly visibilitySeconds?: number | undefined;
}

/** All that have the id: in several queues, or with other bodies. The caller releases what it held. */
export async function findDeadLetters(
  sqs: SQSClient,
  { queues, id, source, known, visibilitySeconds }: FindOptions,
): Promise<Found[]> {
  const lists = await Promise.allSettled(
    queues.map(async (queue) => {
      const restore = known?.restore;
      const held = await receiveAll(sqs, queue.deadLetterQueueUrl, { visibilitySeconds, restore });
      const found = deadLettersOf(queue.consumer, held.messages, queue).filter(
        (one) => hasId(one, id) && (source === undefined || one.source === source),
      );
      await held.release(new Set(found.flatMap(({ copies }) => copies)));
      return found.map((deadLetter) => ({ deadLetter, queue, held }));
    }),
  );
  const found = lists.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
  const failed = lists.find((list) => list.status === "rejected");
  if (failed === undefined) return found;
  for (const { held } of found) await held.release();
  throw failed.reason;
}

/** @throws UsageError when several have the id, naming what tells them apart */
export function theOnly(found: readonly Found[], id: string): Found | undefined {
  const [first, ...others] = found;
  if (others.length === 0) return first;
  const consumers = [...new Set(found.map(({ deadLetter }) => deadLetter.consumer))];
  if (consumers.length === found.length) {
    throw new UsageError(
      `${id} is a dead letter of ${consumers.join(" and ")}: choose one with --queue NAME.`,
    );
  }
  throw severalDiffer(
    id,
    found.map(({ deadLetter }) => deadLetter),
  );
}

/** @throws UsageError when an id that was given is that of dead letters that say different things */
export function refuseSeveral(ids: readonly string[], matching: readonly DeadLetter[]): void {
  for (const id of ids) {
    const meant = matching.filter((one) => hasId(one, id));
    const differing = Map.groupBy(meant, (one) => JSON.stringify([one.body, signatureOf(one)]));
    if (differing.size > 1) throw severalDiffer(id, meant);
  }
}

function severalDiffer(id: string, deadLetters: readonly DeadLetter[]): UsageError {
  const each = deadLetters.map(({ consumer, source = "no source", reason, copies }) => {
    const messageId = copies[0]?.MessageId ?? "";
    return `${consumer}: from ${source}, ${reason}, SQS message ${messageId}`;
  });
  return new UsageError(
    `${deadLetters.length} different dead letters have the id ${id} (${each.join("; ")}): ` +
      "look at them with show, then choose one by its SQS message id or --source.",
  );
}

function signatureOf({ copies }: DeadLetter): string | undefined {
  return cameWith(copies[0] ?? {}).Signature?.StringValue;
}

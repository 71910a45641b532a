// Counts the messages that a consumer will still receive: in its queues, and in the outbox. The counts of SQS are approximate:
// zero is reliable only when nothing was published for a minute.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import type { Connection } from "../connect/connection.ts";
import { outputRequired } from "../connect/outputs.ts";
import { readPending } from "../outbox/pending.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { messagesIn, nameOf } from "./queues.ts";

export interface Leaving {
  readonly waiting: number;
  readonly deadLetters: number;
  readonly pending: number;
  /** Types that no consumer accepts then, though they are published. */
  readonly orphaned: readonly { readonly type: string; readonly publishers: readonly string[] }[];
}

export async function leavingOf(
  { name, accepts, queue = "" }: Registration,
  registrations: readonly Registration[],
  { sqs, dynamodb, outputs }: Connection,
): Promise<Leaving> {
  const types = new Set(accepts.flat());
  const others = registrations.filter((each) => each.name !== name);
  const kept = new Set(others.flatMap((each) => each.accepts.flat()));
  const [waiting, deadLetters, pending] = await Promise.all([
    messagesIn(sqs, queue),
    messagesIn(sqs, deadLetterQueueOf(queue)),
    pendingOf(),
  ]);
  const orphaned = [...types]
    .filter((type) => !kept.has(type))
    .map((type) => ({
      type,
      publishers: others.filter(({ publishes }) => publishes.includes(type)).map((each) => each.name),
    }))
    .filter(({ publishers }) => publishers.length > 0);
  return { waiting, deadLetters, pending, orphaned };

  async function pendingOf(): Promise<number> {
    const tables = ["OrderedOutboxTable", "OutboxTable"].map((key) => outputRequired(outputs, key));
    const { types: found } = await readPending({ dynamodb, tables, oldestMax: 1 });
    return found.filter(({ type }) => types.has(type)).reduce((sum, { count }) => sum + count, 0);
  }

  /** The stacks' outputs name a consumer's two queues alike. */
  function deadLetterQueueOf(queueUrl: string): string {
    const keys = Object.values(outputs).flatMap((stack) => Object.entries(stack));
    const [key] = keys.find(([, value]) => value !== "" && nameOf(value) === nameOf(queueUrl)) ?? [];
    if (key === undefined)
      throw new UsageError(`No stack of these outputs has the queue ${nameOf(queueUrl)}.`);
    return outputRequired(outputs, key.replace(/QueueUrl$/, "DeadLetterQueueUrl"));
  }
}

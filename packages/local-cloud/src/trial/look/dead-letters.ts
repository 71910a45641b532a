// The dead letters of a run: a given endpoint may hold those of earlier ones.

import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import type { FlowAccess } from "./quiescence.ts";

/** @param sinceMs milliseconds since 1970, by SQS's time, which a message keeps when a standard queue's policy moves it */
export async function deadLettersSince(
  { clients, queues }: FlowAccess,
  sinceMs: number,
): Promise<DeadLetter[]> {
  const { deadLetters } = await listDeadLetters(clients.sqs, queues);
  return deadLetters.filter(({ copies }) =>
    copies.some(({ Attributes }) => Number(Attributes?.SentTimestamp ?? sinceMs) >= sinceMs),
  );
}

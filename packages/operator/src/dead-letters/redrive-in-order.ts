// The redrive of a FIFO queue: sends a whole group back, in the order of its dead letters.
//
//   G4. The consumer keeps the hold list: it processes only the first message in it and parks any that arrive too early,
//       so no redrive can change an order. A message that was already processed leaves the list here, before it is
//       deleted. Behind a message that is left, the whole group stays.
//
// A FIFO queue returns only the head of a group, so each page is handled as it is received: deleting the head lets the
// queue return the next.

import type { Message } from "@aws-sdk/client-sqs";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import type { Decision } from "./decision.ts";
import { leaveHold } from "./group-hold.ts";
import { judge } from "./judge.ts";
import { heldByOthers } from "./list.ts";
import { heldIdOf } from "./original-form.ts";
import { receive } from "./receive.ts";
import { changeVisibility, depths, visibilitySecondsDefault } from "./receive-all.ts";
import type { RedriveQueue } from "./redrive.ts";
import { actOr } from "./refusal.ts";
import { remove, sendBack } from "./send-back.ts";

export const redriveInOrder: RedriveQueue = async ({ sqs, dynamodb }, queue, options, turn) => {
  const { matches, matchesOnly = false, dryRun, force, known = {} } = options;
  const { visibilitySeconds = visibilitySecondsDefault } = options;
  const place = { dynamodb, queue };
  const seen = new Map<string, Message>();
  const deleted = new Set<Message>();
  const chosen = new Set<string | undefined>();
  const closed = new Set<string | undefined>();
  const sentBack = new Set<string>();
  const unread = heldByOthers(queue, await depths(sqs, queue.deadLetterQueueUrl));
  try {
    for (let page = await next(); page.length > 0 && !options.isStopped?.(); page = await next()) {
      const deadLetters = deadLettersOf(queue.consumer, page, queue);
      for (const deadLetter of deadLetters.filter(matches)) chosen.add(deadLetter.group);
      for (const deadLetter of deadLetters) await handle(deadLetter);
    }
  } finally {
    const back = [...seen.values()].filter((message) => !deleted.has(message));
    await changeVisibility(sqs, queue.deadLetterQueueUrl, back, 0);
  }
  return unread;

  /** The messages of the next page that were not seen yet; none when there are no more. */
  async function next(): Promise<Message[]> {
    const { restore } = known;
    const page = await receive(sqs, queue.deadLetterQueueUrl, { visibilitySeconds, restore });
    const fresh = page.filter(({ MessageId = "" }) => !seen.has(MessageId));
    for (const message of page) seen.set(message.MessageId ?? "", message); // the newest receipt
    return fresh;
  }

  async function handle(deadLetter: DeadLetter): Promise<void> {
    const { group } = deadLetter;
    // Parked again since it was sent: the rest of its line is behind it, and waits for another redrive.
    if (sentBack.has(heldIdOf(queue, deadLetter))) closed.add(group);
    if (matchesOnly && !matches(deadLetter)) closed.add(group);
    if (!chosen.has(group) || closed.has(group)) return;
    const [judgement] = await judge(place, [deadLetter], known, { force });
    const judged = judgement?.decision ?? { outcome: "left" as const };
    const decision = dryRun ? judged : await actOr(judged, (one) => act(deadLetter, one));
    if (decision.outcome === "left") closed.add(group);
    options.onHandled({ queue, deadLetter, ...decision }, undefined);
  }

  async function act(deadLetter: DeadLetter, { outcome }: Decision): Promise<void> {
    if (outcome === "left") return;
    if (outcome === "sent-back") {
      await turn();
      await sendBack(sqs, queue, deadLetter);
      sentBack.add(heldIdOf(queue, deadLetter));
    } else {
      await leaveHold(place, deadLetter); // no consumer would release the group
    }
    await remove(sqs, queue, deadLetter, deleted);
  }
};

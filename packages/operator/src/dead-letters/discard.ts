// Records why dead letters are discarded, deletes them for good, and releases the FIFO groups that they hold.
//
//   G2. A discarded message takes no effect any more: its evidence is written as if it had been processed, so a later copy
//       is a duplicate.
//   G4. A message of a FIFO group leaves the hold list before it is deleted. A crash in between leaves a dead-letter message
//       that can be discarded again, and never a list that waits for a deleted message.
//   G6. Nothing is dropped silently: the record is written before the dead letter is deleted.
//   G7. A message that is neither authentic nor trusted by the operator is only deleted: the evidence and the hold list under
//       its id may belong to a genuine message.

import type { Message } from "@aws-sdk/client-sqs";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { type Authenticity, authenticityOf, authenticityText, standingOf } from "./authenticity.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { recordDiscard } from "./discard-record.ts";
import type { EvidencePlace } from "./evidence.ts";
import { refuseSeveral } from "./find.ts";
import { leaveHold } from "./group-hold.ts";
import type { Knowledge } from "./judge.ts";
import { listDeadLetters, unreadOf } from "./list.ts";
import { messageOf } from "./original-form.ts";
import { type Held, receiveAll } from "./receive-all.ts";
import type { Clients } from "./redrive.ts";
import { refusalOf } from "./refusal.ts";
import { remove } from "./send-back.ts";
import { forgo } from "./supersede.ts";

export interface DiscardOptions {
  readonly queues: readonly ConsumerQueue[];
  readonly known?: Knowledge;
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Those that were named: an id that several have which differ is refused. */
  readonly ids?: readonly string[] | undefined;
  /** Kept with who did it and when. */
  readonly because: string;
  /** Treats what has no valid signature as genuine. */
  readonly trust?: boolean;
  /** Only say what would be deleted. */
  readonly dryRun: boolean;
  readonly visibilitySeconds?: number;
  readonly onHandled?: (handled: Discarding, total: number) => void;
  /** True when the operator stops the command. */
  readonly isStopped?: () => boolean;
}

export interface Discards {
  /** What was deleted, or would be; of a FIFO group a dry run sees only the first. */
  readonly discarded: readonly Discarding[];
  readonly left: readonly Discarding[];
  /** Dead letters that exist and could not be read. */
  readonly unread: readonly string[];
}

export interface Discarding extends DeadLetter {
  readonly authenticity: Authenticity;
  /** Whether a later copy of it is a duplicate. */
  readonly evidence: boolean;
  /** Why it was left. */
  readonly why?: string;
}

/** @throws UsageError when an id that was given is that of several which differ */
export async function discard(clients: Clients, options: DiscardOptions): Promise<Discards> {
  const { queues, ids = [], matches, known } = options;
  if (ids.length > 0) {
    const { deadLetters } = await listDeadLetters(clients.sqs, queues, known);
    refuseSeveral(ids, deadLetters.filter(matches));
  }
  const all: Discards[] = [];
  for (const queue of queues) {
    if (!options.isStopped?.()) all.push(await discardFrom(clients, queue, options));
  }
  return {
    discarded: all.flatMap(({ discarded }) => discarded),
    left: all.flatMap(({ left }) => left),
    unread: all.flatMap(({ unread }) => unread),
  };
}

/** Pass by pass, because not all of a queue can be held at once, and of a FIFO group only the first. */
async function discardFrom(
  { sqs, dynamodb }: Clients,
  queue: ConsumerQueue,
  options: DiscardOptions,
): Promise<Discards> {
  const { known, dryRun, visibilitySeconds } = options;
  const place = { dynamodb, queue };
  const discarded: Discarding[] = [];
  for (;;) {
    const restore = known?.restore;
    const held = await receiveAll(sqs, queue.deadLetterQueueUrl, { visibilitySeconds, restore });
    const pass = await discardHeld(place, held, sqs, options);
    discarded.push(...pass.filter(({ why }) => why === undefined));
    const left = pass.filter(({ why }) => why !== undefined);
    const goOn = (held.more || isFifo(queue.deadLetterQueueUrl)) && pass.length > left.length;
    if (dryRun || !goOn || options.isStopped?.()) return { discarded, left, unread: unreadOf(queue, held) };
  }
}

async function discardHeld(
  place: EvidencePlace,
  held: Held,
  sqs: Clients["sqs"],
  { matches, dryRun, because, trust = false, known = {}, onHandled, isStopped }: DiscardOptions,
): Promise<Discarding[]> {
  const { queue } = place;
  const deleted = new Set<Message>();
  const handled: Discarding[] = [];
  try {
    const chosen = deadLettersOf(queue.consumer, held.messages, queue).filter(matches);
    for (const deadLetter of chosen) {
      if (isStopped?.()) break;
      const authenticity = await authenticityOf(known.keys, queue, deadLetter);
      const standing = standingOf(authenticity, deadLetter);
      const isTrusted = standing === "genuine" || trust;
      const message = standing === "forged" || !isTrusted ? undefined : messageOf(queue, deadLetter);
      const discarding = { ...deadLetter, authenticity, evidence: message !== undefined };
      const why = unchecked(authenticity, trust) ?? (dryRun ? undefined : await unlessRefused(discardOne));
      const one = why === undefined ? discarding : { ...discarding, why };
      handled.push(one);
      onHandled?.(one, chosen.length);
      await held.keep();

      async function discardOne(): Promise<void> {
        await recordDiscard(place, deadLetter, because);
        if (message !== undefined) await forgo(place, message);
        if (isTrusted) await leaveHold(place, deadLetter);
        await remove(sqs, queue, deadLetter, deleted);
      }
    }
  } finally {
    await held.release(deleted);
  }
  return handled;
}

/** Whether a later copy may take effect hangs on the signature: better not discarded than without evidence. */
function unchecked(authenticity: Authenticity, trust: boolean): string | undefined {
  if (authenticity.kind !== "unknown" || trust) return undefined;
  return `its signature is ${authenticityText(authenticity)}. Try again, or add --trust-unverified`;
}

/** Why AWS refuses it for what it says; undefined when it is done. */
async function unlessRefused(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return `its record or evidence was refused (${refusal})`;
  }
}

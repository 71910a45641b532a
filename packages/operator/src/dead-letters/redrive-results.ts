// Finds out how redriven messages ended: processed, parked again with a code, or still in flight.
//
//   G11. The wait ends, however the messages end.

import type { SQSClient } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { askEvidence, type EvidencePlace } from "./evidence.ts";
import type { Knowledge } from "./judge.ts";
import { listDeadLetters } from "./list.ts";
import { heldIdOf, messageOf } from "./original-form.ts";
import { depths } from "./receive-all.ts";
import type { Clients, Handled } from "./redrive.ts";

export interface RedriveResult {
  readonly consumer: string;
  readonly id: string;
  readonly became: "done" | "parked-again" | "on-the-way" | "gone";
  /** Why it was parked again. */
  readonly reason?: string;
  readonly detail?: string;
}

export interface AwaitOptions {
  readonly known?: Knowledge;
  readonly waitMs: number;
  /** True when the operator stops the command. */
  readonly isStopped?: () => boolean;
  /** Returns when it is time to look again; `waiting` is how many are not known yet. */
  readonly pause: (waiting: number) => Promise<void>;
}

/** How often, at most, a look goes through the dead letters: that hides them from others for a moment. */
const listEveryMs = 3_000;
/** How many are asked for in the evidence at one look. */
const askedMax = 500;

export async function awaitRedriven(
  { sqs, dynamodb }: Clients,
  handled: readonly Handled[],
  { known = {}, waitMs, isStopped, pause }: AwaitOptions,
): Promise<RedriveResult[]> {
  const endMs = nowMs() + waitMs;
  const sent = handled.filter(({ outcome }) => outcome === "sent-back");
  const groups = [...Map.groupBy(sent, ({ queue }) => queue)];
  const waiting = new Map(
    groups.map(([queue, ones]) => [queue, new Set(ones.map(({ deadLetter }) => deadLetter))]),
  );
  const ended = new Map<DeadLetter, RedriveResult>();
  for (let listedMs = 0; ; ) {
    const isListed = nowMs() - listedMs >= listEveryMs;
    for (const [queue, open] of waiting) {
      await settle(open, await doneOf({ dynamodb, queue }, nextOf(open)));
      if (isListed) await settle(open, await parkedAgain(sqs, queue, open, known));
    }
    if (isListed) listedMs = nowMs();
    const left = [...waiting.values()].reduce((sum, open) => sum + open.size, 0);
    if (left === 0 || nowMs() >= endMs || isStopped?.()) break;
    await pause(left);
  }
  for (const [queue, open] of waiting) {
    const became = open.size > 0 && (await isEmpty(sqs, queue)) ? "gone" : "on-the-way";
    for (const one of open) ended.set(one, { consumer: one.consumer, id: one.id, became });
  }
  return sent.flatMap(({ deadLetter }) => ended.get(deadLetter) ?? []);

  async function settle(open: Set<DeadLetter>, known: ReadonlyMap<DeadLetter, RedriveResult>): Promise<void> {
    for (const [deadLetter, aftermath] of known) {
      open.delete(deadLetter);
      ended.set(deadLetter, aftermath);
    }
  }
}

/** Those whose turn it is: they go to the end of the set. */
function nextOf(open: Set<DeadLetter>): DeadLetter[] {
  const next = [...open].slice(0, askedMax);
  for (const one of next) {
    open.delete(one);
    open.add(one);
  }
  return next;
}

async function doneOf(
  place: EvidencePlace,
  open: readonly DeadLetter[],
): Promise<Map<DeadLetter, RedriveResult>> {
  const verdicts = await askEvidence(
    place,
    open.map((deadLetter) => messageOf(place.queue, deadLetter)),
  );
  const done = open.filter((_, index) => endKinds.has(verdicts[index]?.kind ?? ""));
  return new Map(done.map((one) => [one, { consumer: one.consumer, id: one.id, became: "done" }]));
}

const endKinds: ReadonlySet<string> = new Set(["done", "lost", "superseded", "discarded"]);

/** A dead letter of the same text that is none of those that were sent back. */
async function parkedAgain(
  sqs: SQSClient,
  queue: ConsumerQueue,
  open: ReadonlySet<DeadLetter>,
  known: Knowledge,
): Promise<Map<DeadLetter, RedriveResult>> {
  if (open.size === 0 || (await depths(sqs, queue.deadLetterQueueUrl)).visible === 0) return new Map();
  const { deadLetters } = await listDeadLetters(sqs, [queue], known);
  const byBody = new Map(deadLetters.map((one) => [heldIdOf(queue, one), one]));
  const found = [...open].flatMap((one) => {
    const again = byBody.get(heldIdOf(queue, one));
    if (again === undefined || again.copies.every((copy) => wasSentBack(one, copy.MessageId))) return [];
    const { consumer, id } = one;
    const { reason, detail } = again;
    return [[one, { consumer, id, became: "parked-again", reason, detail }] as const];
  });
  return new Map(found);
}

function wasSentBack({ copies }: DeadLetter, messageId: string | undefined): boolean {
  return copies.some(({ MessageId }) => MessageId === messageId);
}

async function isEmpty(sqs: SQSClient, { queueUrl }: ConsumerQueue): Promise<boolean> {
  const { visible, inFlight } = await depths(sqs, queueUrl);
  return visible + inFlight === 0;
}

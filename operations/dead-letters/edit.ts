// Sends a corrected message in the place of a dead letter: a new message, of a new id, caused by the old one.
//
//   G2, G6. Only one of the two takes effect. First the old one is superseded where its consumer keeps the
//   evidence, on the condition that it was not done; then the new one is sent, then the old one is deleted.
//   G4. In a FIFO group the new one gets the place of the old one in the line.
//
// Each step says the same when it is repeated: the new id, its time and so its bytes follow from the old message, the
// new data, and what the first attempt wrote down. So a command that died is finished by running it again.

import { type Message, SendMessageCommand } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope, readEnvelope } from "../../functions/messaging/envelope.ts";
import { contentId, derivedId } from "../../functions/messaging/ids.ts";
import { groupIdOf, isFifo } from "../../functions/messaging/message-group.ts";
import { Park } from "../../functions/messaging/outcome.ts";
import { originalAttributes } from "../../functions/messaging/park-attributes.ts";
import type { Sign } from "../../functions/messaging/signature.ts";
import { UsageError } from "../usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { recordDiscard } from "./discard-record.ts";
import { askEvidence, messageIn } from "./evidence.ts";
import { findDeadLetters, theOnly } from "./find.ts";
import { replaceInLine } from "./line.ts";
import type { Clients } from "./redrive.ts";
import { remove } from "./send-back.ts";
import { confirmSuperseded, supersede } from "./supersede.ts";

export interface EditOptions {
  readonly queues: readonly ConsumerQueue[];
  readonly evidenceTable: string;
  readonly id: string;
  /** What the new message says. */
  readonly data: unknown;
  /** Absent where nothing is signed. */
  readonly sign?: Sign | undefined;
  readonly dryRun: boolean;
  readonly visibilitySeconds?: number | undefined;
}

export interface Edited {
  readonly consumer: string;
  readonly id: string;
  readonly supersededBy: string;
}

/** Undefined when there is no such dead letter. @throws UsageError saying why it cannot be edited */
export async function edit({ sqs, dynamodb }: Clients, options: EditOptions): Promise<Edited | undefined> {
  const { evidenceTable, id, data, sign, dryRun } = options;
  const all = await findDeadLetters(sqs, options);
  const deleted = new Set<Message>();
  try {
    const found = theOnly(all, id);
    if (found === undefined) return undefined;
    const { deadLetter, queue } = found;
    const place = { dynamodb, evidenceTable, queue };
    const old = messageIn(deadLetter.body);
    if (old === undefined) throw new UsageError(`${id} is no message that could be edited: discard it.`);
    const newId = newIdOf(queue, old, data);
    const [verdict = { kind: "open" as const }] = await askEvidence(place, [deadLetter.body]);
    refuseDone(id, newId, verdict);
    const edited = { consumer: deadLetter.consumer, id, supersededBy: newId };
    const changes = { id: newId, causationid: old.id, data };
    corrected(deadLetter.body, changes); // what cannot be sent supersedes nothing
    if (dryRun) return edited;

    const superseded = { deadLetter, old, newId };
    const body = corrected(deadLetter.body, { ...changes, time: await supersede(place, superseded) });
    await replaceInLine(place, deadLetter, body);
    await send(queue, deadLetter, body);
    await confirmSuperseded(place, superseded);
    await recordDiscard(place, deadLetter, `superseded by ${newId}`);
    await remove(sqs, queue, deadLetter, deleted);
    return edited;
  } finally {
    for (const { held } of all) await held.release(deleted);
  }

  async function send(queue: ConsumerQueue, { group, copies }: DeadLetter, body: string): Promise<void> {
    const { queueUrl } = queue;
    const envelope = readEnvelope(body);
    const { Signature: _old, ...attributes } = originalAttributes(copies[0]?.MessageAttributes ?? {});
    const signed = Object.entries((await sign?.({ body, envelope }, queueUrl)) ?? {}).map(
      ([name, text]) => [name, { DataType: "String", StringValue: text }] as const,
    );
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: { ...attributes, ...Object.fromEntries(signed) },
        MessageGroupId: isFifo(queueUrl) ? group : groupIdOf(envelope.partitionkey),
        ...(isFifo(queueUrl) && { MessageDeduplicationId: derivedId("edit", envelope.id) }),
      }),
    );
  }
}

function refuseDone(
  id: string,
  newId: string,
  verdict: Awaited<ReturnType<typeof askEvidence>>[number],
): void {
  if (verdict.kind === "done" || verdict.kind === "lost") {
    throw new UsageError(
      `${id} was done: redrive removes it, and a correction of it is a message of its own.`,
    );
  }
  if (verdict.kind === "claimed") {
    throw new UsageError(`${id} is claimed by a delivery: see what becomes of it, then try again.`);
  }
  if (verdict.kind === "superseded" && verdict.by !== newId) {
    throw new UsageError(
      `${id} is superseded by ${verdict.by}, by an edit with other data: if that was cut short, repeat it as it was.`,
    );
  }
}

/** The same data gives the same id. */
function newIdOf(queue: ConsumerQueue, old: Envelope, data: unknown): string {
  return derivedId("edit", queue.name, old.source, old.id, contentId(asciiJson(data)));
}

/** @throws UsageError for what no consumer would take */
function corrected(body: string, changes: Partial<Envelope>): string {
  const { dataref: _elsewhere, ...fields } = JSON.parse(body) as Record<string, unknown>;
  const text = asciiJson({ ...fields, ...changes });
  try {
    readEnvelope(text);
    return text;
  } catch (error) {
    if (error instanceof Park)
      throw new UsageError(`The data cannot be sent (${error.code}): ${error.detail}.`);
    throw error;
  }
}

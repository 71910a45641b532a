// Replaces a dead letter by a corrected message: a new message with a new id, caused by the old one.
//
//   G2, G6. Only one of the two takes effect. First the consumer's evidence marks the old one as superseded, on the
//   condition that it was not processed. Then the new one is sent, and then the old one is deleted.
//   G4. In a FIFO group the new one takes the place of the old one in the hold list.
//   G7. We sign the new one, with the source, type, key and sequence of the old one. So the old one must be authentic, or
//   the operator must say that he trusts it. Even then an edit of a forgery does not touch the evidence of its id.
//
// Each step does the same when it is repeated: the new id, its time and so its bytes follow from the old message, the
// new data and the record of the first attempt. So the operator finishes a command that died by running it again.

import type { Message } from "@aws-sdk/client-sqs";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { heldId } from "@essentially-once/messaging/internal/envelope/given-id";
import type { Sign } from "@essentially-once/messaging/internal/trust/signature";
import { UsageError } from "../terminal/usage-error.ts";
import { type Authenticity, authenticityOf, authenticityText, standingOf } from "./authenticity.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { recordDiscard } from "./discard-record.ts";
import { correctData, newIdOf, sendCorrected } from "./edited-message.ts";
import { correctOriginal, sendOriginal } from "./edited-original.ts";
import { askEvidence, type EvidencePlace, type Verdict } from "./evidence.ts";
import { type FindOptions, type Found, findDeadLetters, theOnly } from "./find.ts";
import { replaceInHold } from "./group-hold.ts";
import { isForeign, messageOf } from "./original-form.ts";
import type { Clients } from "./redrive.ts";
import { remove } from "./send-back.ts";
import { confirmSuperseded, supersede } from "./supersede.ts";

export interface EditOptions extends FindOptions {
  readonly queues: readonly ConsumerQueue[];
  /** What the new message says. */
  readonly data: unknown;
  /** Absent where nothing is signed. */
  readonly sign?: Sign | undefined;
  /** The operator trusts a message without a valid signature. */
  readonly trust?: boolean;
  readonly dryRun: boolean;
}

export interface Edited {
  readonly consumer: string;
  readonly id: string;
  readonly supersededBy: string;
  /** Of the old message. */
  readonly authenticity: Authenticity;
  /** What the new one has from the old one, under our signature. */
  readonly kept: Pick<Envelope, "source" | "type" | "partitionkey" | "sequence" | "correlationid">;
  /** False when no contract of its consumer was found: nothing held the data against a schema. */
  readonly schemaChecked: boolean;
}

/** Undefined when there is no such dead letter. @throws UsageError saying why it cannot be edited */
export async function edit(clients: Clients, options: EditOptions): Promise<Edited | undefined> {
  const all = await findDeadLetters(clients.sqs, options);
  const deleted = new Set<Message>();
  try {
    const found = theOnly(all, options.id);
    return found && (await editFound(clients, found, options, deleted));
  } finally {
    for (const { held } of all) await held.release(deleted);
  }
}

async function editFound(
  { sqs, dynamodb }: Clients,
  { deadLetter, queue }: Found,
  { id, data, sign, known = {}, trust = false, dryRun }: EditOptions,
  deleted: Set<Message>,
): Promise<Edited> {
  const place: EvidencePlace = { dynamodb, queue };
  if (deadLetter.unrestored !== undefined) {
    throw new UsageError(`The message of ${id} cannot be read: ${deadLetter.unrestored}.`);
  }
  const old = messageOf(queue, deadLetter);
  if (old === undefined) throw new UsageError(`${id} is not a message that can be edited: discard it.`);
  const authenticity = await authenticityOf(known.keys, queue, deadLetter);
  refuseUnverified(old, authenticity, trust);
  const mayTakeEffect = standingOf(authenticity, deadLetter) !== "forged";
  const newId = newIdOf(queue, { old, data, ...(!mayTakeEffect && { body: deadLetter.body }) });
  const [verdict = { kind: "open" as const }] = await askEvidence(place, [old]);
  if (mayTakeEffect) refuseDone(id, newId, verdict);
  const contract = known.contracts?.of(queue.name);
  const correction = { queue, deadLetter, old, newId, data };
  const { schemaChecked, message, text } = await (isForeign(queue.from)
    ? correctOriginal(correction, contract) // what cannot be sent supersedes nothing
    : correctData(correction, contract));
  const { source, type, partitionkey, sequence, correlationid } = message;
  const kept = { source, type, partitionkey, ...(sequence !== undefined && { sequence }), correlationid };
  const { consumer } = deadLetter;
  const edited = { consumer, id: old.id, supersededBy: newId, authenticity, kept, schemaChecked };
  if (dryRun) return edited;

  const superseded = { deadLetter, old, newId, mayTakeEffect };
  const body = text(await supersede(place, superseded));
  const isBeside = isForeign(queue.from);
  await replaceInHold(place, deadLetter, heldId(body, isBeside ? newId : undefined));
  if (isBeside) await sendOriginal(sqs, { ...correction, message }, body);
  else await sendCorrected(sqs, queue, { deadLetter, body, sign: queue.from ? undefined : sign });
  if (mayTakeEffect) await confirmSuperseded(place, superseded);
  await recordDiscard(place, deadLetter, `superseded by ${newId}`);
  await remove(sqs, queue, deadLetter, deleted);
  return edited;
}

function refuseUnverified(old: Envelope, authenticity: Authenticity, trust: boolean): void {
  if (trust || authenticity.kind === "valid" || authenticity.kind === "unsigned") return;
  const { source, type, partitionkey, sequence = "none" } = old;
  throw new UsageError(
    `The signature of ${old.id} is ${authenticityText(authenticity)}. The edit would be signed with source ${source}, ` +
      `type ${type}, key ${partitionkey} and sequence ${sequence}. Ask the producer whether the message is genuine: ` +
      "if it is, add --trust-unverified; if not, discard it.",
  );
}

function refuseDone(id: string, newId: string, verdict: Verdict): void {
  switch (verdict.kind) {
    case "done":
    case "lost":
      throw new UsageError(`${id} was processed: redrive removes it. Send a correction as a new message.`);
    case "discarded":
      throw new UsageError(`${id} was discarded at ${verdict.at}: redrive removes it.`);
    case "claimed":
      throw new UsageError(`${id} is being processed: try again when its lease has ended.`);
    case "superseded":
      if (verdict.by === newId) return;
      throw new UsageError(
        `${id} is superseded by ${verdict.by}, from an edit with other data: if that edit was interrupted, repeat it unchanged.`,
      );
  }
}

// A dead letter as an operator sees it: one message, its reason, and every copy of it in the queue.
//
//   A park that was interrupted between its send and its acknowledgement leaves two copies; they are one dead letter.
//   Its identity is that of the envelope (consumer, source, id), the bytes and the signature: with another signature the
//   same bytes may come from another sender. Each copy has its own SQS message id.

import { createHash } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";
import type { Origin } from "@essentially-once/messaging/internal/origin/origin";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import { isForeign, messageOf } from "./original-form.ts";
import { movedFrom, type ParkNotes, parkNotesOf } from "./park-notes.ts";
import { unrestoredOf } from "./restore.ts";

export interface DeadLetter {
  readonly consumer: string;
  /** The envelope's id; for what is no envelope, the SQS message id it first had. What `--id` takes. */
  readonly id: string;
  /** The envelope's source and type; absent when it is no envelope. */
  readonly source?: string;
  readonly type?: string;
  readonly reason: string;
  readonly detail: string;
  readonly receiveCount?: number;
  /** RFC 3339; for what the kit did not park, when it was first sent: SQS keeps no other time. */
  readonly parkedAt?: string;
  readonly body: string;
  /** The group it was in, and stands in front of; absent for a standard queue. */
  readonly group?: string;
  readonly copies: readonly Message[];
  /** What the kit wrote when it parked it; absent when it did not. */
  readonly notes?: ParkNotes;
  /** Why its message cannot be had, of which this is only the stub. */
  readonly unrestored?: string;
}

/** The reason of what the kit did not park. */
export const RECEIVES_EXHAUSTED = "RECEIVES_EXHAUSTED";

/** The messages of one dead-letter queue as dead letters, oldest park first; those of a FIFO queue as received. */
export function deadLettersOf(
  consumer: string,
  messages: readonly Message[],
  { from }: { readonly from?: Origin } = {},
): DeadLetter[] {
  const copiesByIdentity = Map.groupBy(messages, (message) => identity(message, from));
  const deadLetters = [...copiesByIdentity.values()].map((copies) => deadLetter(consumer, copies, from));
  if (deadLetters.some(({ group }) => group !== undefined)) return deadLetters;
  return deadLetters.sort(
    (a, b) => (a.parkedAt ?? "").localeCompare(b.parkedAt ?? "") || a.id.localeCompare(b.id),
  );
}

/** Whether an operator who gives this id may mean it: the message's own, or SQS's of one of its copies. */
export function hasId({ id, copies, notes }: DeadLetter, wanted: string): boolean {
  return (
    wanted === id ||
    wanted === notes?.originalMessageId ||
    copies.some(({ MessageId }) => MessageId === wanted)
  );
}

function deadLetter(consumer: string, copies: readonly Message[], from: Origin | undefined): DeadLetter {
  // A copy that says why is worth more than one that the redrive policy moved.
  const told = copies.find((copy) => parkNotesOf(copy) !== undefined);
  const [first] = copies;
  const message = told ?? first ?? {};
  const notes = told && parkNotesOf(told);
  const unrestored = unrestoredOf(message);
  const { id, ...named } = namedIn(message, from);
  const parkedAt = notes?.parkedAt ?? sentAt(message);
  const group = message.Attributes?.MessageGroupId;
  return {
    consumer,
    id: id ?? notes?.originalMessageId ?? message.MessageId ?? "",
    ...named,
    reason: notes?.reason ?? RECEIVES_EXHAUSTED,
    detail: notes?.detail ?? withoutNotes(message),
    ...(notes?.receiveCount !== undefined && { receiveCount: notes.receiveCount }),
    ...(parkedAt !== undefined && { parkedAt }),
    body: message.Body ?? "",
    ...(group !== undefined && { group }),
    copies,
    ...(notes && { notes }),
    ...(unrestored !== undefined && { unrestored }),
  };
}

/** What is known of a message that was not parked by us. */
function withoutNotes(message: Message): string {
  const queue = movedFrom(message);
  return queue === undefined
    ? "no reason: moved by SQS, or sent to the dead-letter queue directly" // an emulator does not tell which
    : `moved by SQS from ${queue}: its function crashed, timed out, was throttled or never ran`;
}

function identity(message: Message, from: Origin | undefined): string {
  const { id, source } = namedIn(message, from);
  const name =
    id === undefined ? (parkNotesOf(message)?.originalMessageId ?? message.MessageId) : `${source} ${id}`;
  const signature = cameWith(message).Signature?.StringValue ?? "";
  const bytes = createHash("sha256").update(message.Body ?? "");
  return JSON.stringify([name, signature, bytes.digest("hex")]);
}

/** A standard queue keeps the time of the first sending when a message is moved. */
function sentAt({ Attributes }: Message): string | undefined {
  const sentMs = Number(Attributes?.SentTimestamp ?? Number.NaN);
  return Number.isFinite(sentMs) ? new Date(sentMs).toISOString() : undefined;
}

function namedIn(
  message: Message,
  from: Origin | undefined,
): { id?: string; source?: string; type?: string } {
  if (!isForeign(from)) {
    const { time: _time, ...names } = envelopeOf(message.Body);
    return names;
  }
  const { id, source, type } = messageOf({ from }, { body: message.Body ?? "", copies: [message] }) ?? {};
  return id === undefined || source === undefined || type === undefined ? {} : { id, source, type };
}

/** The fields that identify an envelope, as far as the body has them. */
export function envelopeOf(
  body: string | undefined,
): Partial<Record<"id" | "source" | "type" | "time", string>> {
  const value = parsed(body ?? "");
  if (typeof value !== "object" || value === null || !("specversion" in value)) return {};
  return { ...text(value, "id"), ...text(value, "source"), ...text(value, "type"), ...text(value, "time") };
}

function text<Key extends string>(value: object, key: Key): { [K in Key]?: string } {
  const found: unknown = Reflect.get(value, key);
  return typeof found === "string" && found !== "" ? ({ [key]: found } as { [K in Key]?: string }) : {};
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // NOT_JSON is one of the reasons to be here
  }
}

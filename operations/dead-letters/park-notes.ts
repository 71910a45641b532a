// What the kit wrote beside a message when it parked it. A sender may give his own message attributes of the same
// names, and when SQS moves that message they come with it: they are his word and not ours.

import type { Message } from "@aws-sdk/client-sqs";

export interface ParkNotes {
  readonly reason: string;
  readonly detail: string;
  readonly receiveCount?: number;
  /** RFC 3339. */
  readonly parkedAt?: string;
  readonly firstReceivedAt?: string;
  readonly originalMessageId?: string;
  /** What its consumer called itself. */
  readonly parkedBy?: string;
}

/** Undefined when the kit did not park it. */
export function parkNotesOf(message: Message): ParkNotes | undefined {
  if (movedFrom(message) !== undefined) return undefined; // SQS moved it, with the attributes that it came with
  const reason = text(message, "ReasonCode");
  if (reason === undefined) return undefined;
  const receiveCount = Number(text(message, "ReceiveCount") ?? Number.NaN);
  const notes = {
    parkedAt: time(text(message, "ParkedAt")),
    firstReceivedAt: time(text(message, "FirstReceivedAt")),
    originalMessageId: text(message, "OriginalMessageId"),
    parkedBy: text(message, "Consumer"),
    receiveCount: Number.isSafeInteger(receiveCount) ? receiveCount : undefined,
  };
  const known = Object.entries(notes).filter(([, value]) => value !== undefined);
  return { reason, detail: text(message, "ReasonDetail") ?? "", ...Object.fromEntries(known) };
}

/** The queue that SQS's redrive policy moved it from; undefined when it was sent here, or the endpoint does not say. */
export function movedFrom({ Attributes }: Message): string | undefined {
  return Attributes?.DeadLetterQueueSourceArn?.split(":").at(-1);
}

function text(message: Message, name: string): string | undefined {
  return message.MessageAttributes?.[name]?.StringValue;
}

/** What is no time is nobody's note of one. */
function time(value: string | undefined): string | undefined {
  return value !== undefined && Number.isFinite(Date.parse(value)) ? value : undefined;
}

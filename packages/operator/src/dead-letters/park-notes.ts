// Reads the attributes that the kit wrote when it parked a message. A sender may set attributes of the same names, and they
// stay on a message that SQS moves: those are not the kit's.

import type { Message } from "@aws-sdk/client-sqs";
import { parkOf } from "@essentially-once/messaging/internal/receive/park-attributes";
import { currentCode } from "./former-codes.ts";

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
  const { ReasonCode, ReasonDetail = "", ReceiveCount, ...told } = parkOf(message);
  if (ReasonCode === undefined) return undefined;
  const receiveCount = Number(ReceiveCount ?? Number.NaN);
  const notes = {
    parkedAt: time(told.ParkedAt),
    firstReceivedAt: time(told.FirstReceivedAt),
    originalMessageId: told.OriginalMessageId,
    parkedBy: told.Consumer,
    receiveCount: Number.isSafeInteger(receiveCount) ? receiveCount : undefined,
  };
  const known = Object.entries(notes).filter(([, value]) => value !== undefined);
  return { reason: currentCode(ReasonCode), detail: ReasonDetail, ...Object.fromEntries(known) };
}

/** The queue that SQS's redrive policy moved it from; undefined when it was sent here, or the endpoint does not say. */
export function movedFrom({ Attributes }: Message): string | undefined {
  return Attributes?.DeadLetterQueueSourceArn?.split(":").at(-1);
}

/** Ignores text that is not a time: anyone may have written the attribute. */
function time(value: string | undefined): string | undefined {
  return value !== undefined && Number.isFinite(Date.parse(value)) ? value : undefined;
}

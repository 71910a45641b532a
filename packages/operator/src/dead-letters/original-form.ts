// Reads a dead letter in the form in which it arrived, for a consumer whose contract says that other programs fill its
// queue. `from` of a queue is the output `XFrom` of its stack, so only the deployed form is read.
//
//   G6. A redrive sends the body and the attributes as they arrived; an edit is a body of the same form.

import type { Message } from "@aws-sdk/client-sqs";
import { type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { givenIdName, heldId } from "@essentially-once/messaging/internal/envelope/given-id";
import type { Arrived, Origin } from "@essentially-once/messaging/internal/origin/origin";
import { cameWith, isParkedByKit } from "@essentially-once/messaging/internal/receive/park-attributes";
import { Park } from "@essentially-once/messaging/outcome";

type Copied = { readonly body: string; readonly copies: readonly Message[] };

/** Undefined for what is none. */
export function messageOf(queue: { readonly from?: Origin }, deadLetter: Copied): Envelope | undefined {
  try {
    return readAs(queue.from, deadLetter);
  } catch (error) {
    if (error instanceof Park) return undefined;
    throw error;
  }
}

/** Undefined for a message that asks for nothing. @throws Park */
export function readAs(from: Origin | undefined, { body, copies }: Copied): Envelope | undefined {
  return from === undefined ? readEnvelope(body) : from.read(arrivedIn(body, copies[0] ?? {}));
}

/** Whether an edit gives the whole body, and not the data of an envelope. */
export function isForeign(from: Origin | undefined): from is Origin {
  return from !== undefined && from.form.form !== "cloud-events";
}

/** What names it in the line of its group. */
export function heldIdOf({ from }: { readonly from?: Origin }, { body, copies }: Copied): string {
  return heldId(body, from && cameWith(copies[0] ?? {})[givenIdName]?.StringValue);
}

/**
 * The deduplication id by which a contract knows a message, of one that SQS moved by itself: the kit has not put it beside
 * the message. It is sent under another deduplication id, or SQS would swallow it.
 */
export function idBeside(
  { from }: { readonly from?: Origin },
  { copies: [copy = {}] }: Pick<Copied, "copies">,
) {
  const isNeeded = from?.beside !== undefined && "of" in from.beside;
  const given = sentUnder(copy);
  if (!isNeeded || given === undefined || givenIdName in cameWith(copy)) return {};
  return { [givenIdName]: { DataType: "String", StringValue: given } };
}

/** What the kit parked has the deduplication id of that dead letter, and not its own. */
function sentUnder(copy: Message): string | undefined {
  return isParkedByKit(copy) ? undefined : copy.Attributes?.MessageDeduplicationId;
}

function arrivedIn(body: string, copy: Message): Arrived {
  const { Attributes } = copy;
  return {
    body,
    attributes: Object.fromEntries(
      Object.entries(cameWith(copy)).map(([name, { StringValue }]) => [name, StringValue]),
    ),
    deduplicationId: sentUnder(copy),
    group: Attributes?.MessageGroupId,
    sentMs: Number(Attributes?.SentTimestamp ?? Number.NaN),
  };
}

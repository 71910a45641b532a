// Messages that must take no effect: noise, a producer's mistakes, and forgeries. Every consumer parks each with its
// reason and goes on with the neighbors.
//
//   A target's message would do harm if it were processed, so the reconciliation sees a forgery that got through
//   twice: in what it did, and in the dead letters.

import { createSecretKey, randomBytes } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { bodyId, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import type { KeyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { sign } from "@essentially-once/messaging/internal/trust/signature";
import type { Draft } from "@essentially-once/messaging/message-type";

/** A queue, by the output that has its URL, and a message that its consumer accepts. */
export type GarbageTarget = readonly [queue: string, draft: Draft];

export interface Garbage {
  readonly queue: string;
  readonly body: string;
  /** The reason it will be parked with, unless a killed function leaves it to the redrive policy: one of these. */
  readonly reasons: readonly string[];
  /** How it is signed; absent: not at all. */
  readonly signed?: "rightly" | "by an unknown sender" | "for another queue" | "before it was altered";
}

type Piece = Omit<Garbage, "queue">;

/**
 * Young enough to pass the age gate: each piece has one fault, and it is not its age. It also tells two runs on one
 * endpoint apart, where a FIFO queue drops what it had within five minutes.
 */
const startedAt = new Date().toISOString();

/** Each kind of fault once, the targets in turn. */
export function garbage(seed: number, targets: readonly GarbageTarget[]): Garbage[] {
  return kinds.flatMap((kind, index) => {
    const [queue, draft] = targets[index % targets.length] ?? [];
    return queue === undefined || draft === undefined ? [] : [{ queue, ...kind(seed, draft) }];
  });
}

const kinds: readonly ((seed: number, draft: Draft) => Piece)[] = [
  (seed) => ({ body: `{"this is not JSON": seed ${seed}, ${startedAt}`, reasons: ["NOT_JSON"] }),
  (seed) => ({ body: JSON.stringify({ hello: "queue", seed, startedAt }), reasons: ["ENVELOPE_INVALID"] }),
  (seed, draft) => ({
    body: message(seed, "type", { ...draft, type: "weather.forecast.v1", data: { sky: "blue" } }),
    signed: "rightly",
    reasons: ["TYPE_UNKNOWN"],
  }),
  (seed, draft) => ({
    body: message(seed, "data", { ...draft, data: { nothing: "of it" } }),
    signed: "rightly",
    reasons: ["DATA_INVALID"],
  }),
  (seed, draft) => ({
    body: message(
      seed,
      "reference",
      { ...draft, data: undefined },
      { dataref: "http://169.254.169.254/latest/" },
    ),
    signed: "rightly",
    reasons: ["DATAREF_FOREIGN", "DATAREF_UNREAD"], // no message decides where a function connects to
  }),
  (seed, draft) => ({ body: message(seed, "unsigned", draft), reasons: ["SIGNATURE_MISSING"] }),
  (seed, draft) => ({
    body: message(seed, "forged", draft),
    signed: "by an unknown sender",
    reasons: ["SIGNATURE_INVALID"],
  }),
  (seed, draft) => ({
    body: message(seed, "misdirected", draft),
    signed: "for another queue",
    reasons: ["SIGNATURE_INVALID"],
  }),
  (seed, draft) => ({
    body: message(seed, "altered", draft),
    signed: "before it was altered",
    reasons: ["SIGNATURE_INVALID"],
  }),
];

export interface Throw {
  readonly sqs: SQSClient;
  /** The keys of the system: who forges knows an id of theirs, and who alters has seen a signature. */
  readonly keys: KeyRing;
  output(key: string): string;
}

export async function throwIn({ sqs, keys, output }: Throw, pieces: readonly Garbage[]): Promise<void> {
  for (const piece of pieces) {
    const QueueUrl = output(piece.queue);
    const signature = await signatureOn(piece, { queueUrl: QueueUrl, keys });
    const id = bodyId(piece.body);
    const line = isFifo(QueueUrl) && { MessageGroupId: id, MessageDeduplicationId: id }; // none waits behind another

    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: piece.body,
        ...(signature && {
          MessageAttributes: { Signature: { DataType: "String", StringValue: signature } },
        }),
        ...line,
      }),
    );
  }
}

async function signatureOn(
  { body, signed }: Garbage,
  { queueUrl, keys }: { queueUrl: string; keys: KeyRing },
): Promise<string | undefined> {
  if (signed === undefined) return undefined;
  const queueName = new URL(queueUrl).pathname.split("/").at(-1) ?? "";
  const key = await keys.current();
  const right = { body, envelope: JSON.parse(body) as Envelope, queueName };
  switch (signed) {
    case "rightly":
      return sign(right, key);
    case "by an unknown sender":
      return sign(right, { id: key.id, secret: createSecretKey(randomBytes(32)) });
    case "for another queue":
      return sign({ ...right, queueName: `not-${queueName}` }, key);
    case "before it was altered":
      return sign({ ...right, body: body.replace('"hops":0', '"hops":1') }, key);
  }
}

function message(
  seed: number,
  what: string,
  { type, data, partitionkey }: Draft,
  more: Readonly<Record<string, string>> = {},
): string {
  const id = `garbage-${seed}-${what}`;
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/somewhere/else",
    type,
    time: startedAt,
    datacontenttype: "application/json",
    partitionkey,
    correlationid: id,
    hops: 0,
    data,
    ...more,
  });
}

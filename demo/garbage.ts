// What comes into a queue and must take no effect: noise, a producer's mistakes, and forgeries. Every consumer parks
// it with its reason and goes on with the neighbours.
//
//   Each forgery would do harm: a consignment that nobody ordered, credit that is gone without an order. So the
//   reconciliation would see one that got through, twice: in the books, and in the dead letters.

import { createSecretKey, randomBytes } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { bodyId, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import type { KeyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { sign } from "@essentially-once/messaging/internal/trust/signature";
import type { Draft } from "@essentially-once/messaging/message-type";
import { OrderApproved, OrderPlaced } from "../functions/orders/messages.ts";

export interface Garbage {
  /** Output that names the queue it is thrown into. */
  readonly queue: "ReserveCreditQueueUrl" | "SettleOrderQueueUrl" | "ShipOrderQueueUrl";
  readonly body: string;
  /** The reason it will be parked with, unless a killed function leaves it to the redrive policy. */
  readonly reason:
    | "NOT_JSON"
    | "ENVELOPE_INVALID"
    | "TYPE_UNKNOWN"
    | "DATA_INVALID"
    | "DATAREF_FOREIGN"
    | "SIGNATURE_MISSING"
    | "SIGNATURE_INVALID";
  /** Whose signature it bears; absent: nobody's. */
  readonly signed?: "rightly" | "by a stranger" | "for another queue" | "before it was altered";
}

/**
 * Young enough to pass the age gate: each piece has one fault, and it is not its age. It also tells two runs on one
 * endpoint apart, where a FIFO queue drops what it had within five minutes.
 */
const startedAt = new Date().toISOString();

export function garbage(seed: number): Garbage[] {
  const message = (what: string, type: string, data: unknown) =>
    JSON.stringify(envelope(`garbage-${seed}-${what}`, { type, data, partitionkey: what }));
  const gift = (what: string) =>
    message(what, OrderApproved.type, { orderId: `gift-${seed}-${what}`, shipTo: "Sherwood", lines: [] });
  const theft = { orderId: `theft-${seed}`, customerId: "customer-0001", total: 1 };
  return [
    {
      queue: "ReserveCreditQueueUrl",
      body: `{"this is not JSON": seed ${seed}, ${startedAt}`,
      reason: "NOT_JSON",
    },
    {
      queue: "SettleOrderQueueUrl",
      body: JSON.stringify({ hello: "queue", seed, startedAt }),
      reason: "ENVELOPE_INVALID",
    },
    {
      queue: "ShipOrderQueueUrl",
      body: message("type", "weather.forecast.v1", { sky: "blue" }),
      signed: "rightly",
      reason: "TYPE_UNKNOWN",
    },
    {
      queue: "ReserveCreditQueueUrl",
      body: message("data", OrderPlaced.type, { total: "a lot" }),
      signed: "rightly",
      reason: "DATA_INVALID",
    },
    {
      queue: "ShipOrderQueueUrl",
      body: referring(message("reference", OrderApproved.type, undefined), "http://169.254.169.254/latest/"),
      signed: "rightly",
      reason: "DATAREF_FOREIGN", // no message decides where a function connects to
    },
    { queue: "ShipOrderQueueUrl", body: gift("unsigned"), reason: "SIGNATURE_MISSING" },
    {
      queue: "ShipOrderQueueUrl",
      body: gift("forged"),
      signed: "by a stranger",
      reason: "SIGNATURE_INVALID",
    },
    {
      queue: "ShipOrderQueueUrl",
      body: gift("misdirected"),
      signed: "for another queue",
      reason: "SIGNATURE_INVALID",
    },
    {
      queue: "ReserveCreditQueueUrl",
      body: message("altered", OrderPlaced.type, theft),
      signed: "before it was altered",
      reason: "SIGNATURE_INVALID",
    },
  ];
}

function referring(body: string, dataref: string): string {
  return JSON.stringify({ ...JSON.parse(body), dataref });
}

export interface Throw {
  readonly sqs: SQSClient;
  /** The keys of the system: who forges knows an id of theirs, and who alters has seen a signature. */
  readonly keys: KeyRing;
  output(key: string): string;
}

export async function throwIn({ sqs, keys, output }: Throw, pieces: readonly Garbage[]): Promise<void> {
  for (const piece of pieces) {
    const { queue, body } = piece;
    const QueueUrl = output(queue);
    const signature = await signatureOn(piece, { queueUrl: QueueUrl, keys });
    const line = isFifo(QueueUrl) && { MessageGroupId: "garbage", MessageDeduplicationId: bodyId(body) };
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: body,
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
    case "by a stranger":
      return sign(right, { id: key.id, secret: createSecretKey(randomBytes(32)) });
    case "for another queue":
      return sign({ ...right, queueName: `not-${queueName}` }, key);
    case "before it was altered":
      return sign({ ...right, body: body.replace('"total":1', '"total":1000') }, key);
  }
}

function envelope(id: string, { type, data, partitionkey }: Draft): Record<string, unknown> {
  return {
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
  };
}

// What comes into a queue from outside and is no message of ours. Every consumer parks it with its reason and
// goes on with the neighbours.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { bodyId, isFifo } from "../../functions/messaging/message-group.ts";

export interface Garbage {
  /** Output that names the queue it is thrown into. */
  readonly queue: "ReserveCreditQueueUrl" | "SettleOrderQueueUrl" | "ShipOrderQueueUrl";
  readonly body: string;
  /** The reason it will be parked with, unless a killed function leaves it to the redrive policy. */
  readonly reason: "NOT_JSON" | "ENVELOPE_INVALID" | "TYPE_UNKNOWN" | "DATA_INVALID";
}

/** Young enough to pass the age gate: each piece has one fault, and it is not its age. */
const startedAt = new Date().toISOString();

export function garbage(seed: number): Garbage[] {
  return [
    { queue: "ReserveCreditQueueUrl", body: `{"this is not JSON": seed ${seed}`, reason: "NOT_JSON" },
    {
      queue: "SettleOrderQueueUrl",
      body: JSON.stringify({ hello: "queue", seed }),
      reason: "ENVELOPE_INVALID",
    },
    {
      queue: "ShipOrderQueueUrl",
      body: JSON.stringify(envelope(`garbage-${seed}-type`, "weather.forecast.v1", { sky: "blue" })),
      reason: "TYPE_UNKNOWN",
    },
    {
      queue: "ReserveCreditQueueUrl",
      body: JSON.stringify(envelope(`garbage-${seed}-data`, "orders.order-placed.v1", { total: "a lot" })),
      reason: "DATA_INVALID",
    },
  ];
}

export async function throwIn(
  sqs: SQSClient,
  output: (key: string) => string,
  pieces: readonly Garbage[],
): Promise<void> {
  for (const { queue, body } of pieces) {
    const QueueUrl = output(queue);
    const line = isFifo(QueueUrl) && { MessageGroupId: "garbage", MessageDeduplicationId: bodyId(body) };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...line }));
  }
}

function envelope(id: string, type: string, data: unknown): Record<string, unknown> {
  return {
    specversion: "1.0",
    id,
    source: "/somewhere/else",
    type,
    time: startedAt,
    datacontenttype: "application/json",
    partitionkey: id,
    correlationid: id,
    hops: 0,
    data,
  };
}

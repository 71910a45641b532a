// Reads a whole queue without deleting anything: receives every message, keeps it invisible for a while, and makes it
// visible again. A dead-letter queue has no redrive policy of its own, so receives do no harm to a message.
//
//   G11. One read has a bound, in messages and in bytes.
//   Of a FIFO queue it reads only the first message of each group: SQS returns no more of a group while one is in flight.

import { GetQueueAttributesCommand, type Message, type SQSClient } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import { changeVisibility as changeVisibilities } from "@essentially-once/messaging/internal/aws/sqs-batch";
import { type ReceiveOptions, receive } from "./receive.ts";

export interface Held {
  readonly messages: readonly Message[];
  /** Messages that another reader held when we began: they exist and are not among ours. */
  readonly heldByOthers: number;
  /** How many could be seen when we began, as SQS counts: more than are held when a FIFO group has several. */
  readonly visible: number;
  /** True when the bound was met before the end of the queue. */
  readonly more: boolean;
  /** To be called now and then by who takes long: holds on, when half of the time has gone. */
  keep(): Promise<void>;
  /** Gives back all but the given ones, at once. Safe to call after some were deleted. */
  release(except?: ReadonlySet<Message>): Promise<void>;
}

export interface ReceiveAllOptions {
  /** If we die, the messages come back after this long. */
  readonly visibilitySeconds?: number | undefined;
  readonly messagesMax?: number;
  readonly restore?: ReceiveOptions["restore"];
}

export const visibilitySecondsDefault = 60;
const bytesMax = 256 * 1_048_576;

export async function receiveAll(
  sqs: SQSClient,
  queueUrl: string,
  options: ReceiveAllOptions = {},
): Promise<Held> {
  const { visibilitySeconds = visibilitySecondsDefault, messagesMax = 10_000, restore } = options;
  const { visible, inFlight } = await depths(sqs, queueUrl);
  const byMessageId = new Map<string, Message>(); // a message that came back meanwhile counts once, newest receipt
  const given = new Set<Message>();
  let keptAtMs = nowMs();
  let more = false;
  let bytes = 0;
  try {
    await readAll();
  } catch (error) {
    await release(); // else they stay invisible until the visibility timeout ends
    throw error;
  }
  return { messages: [...byMessageId.values()], heldByOthers: inFlight, visible, more, keep, release };

  async function readAll(): Promise<void> {
    for (let empty = false; !empty && !more; ) {
      const received = await receive(sqs, queueUrl, { visibilitySeconds, restore });
      const sizeBefore = byMessageId.size;
      for (const message of received) {
        if (!byMessageId.has(message.MessageId ?? "")) bytes += message.Body?.length ?? 0;
        byMessageId.set(message.MessageId ?? "", message);
      }
      empty = byMessageId.size === sizeBefore;
      more = byMessageId.size >= messagesMax || bytes >= bytesMax;
      await keep();
    }
  }

  async function keep(): Promise<void> {
    if (nowMs() - keptAtMs < (visibilitySeconds * 1_000) / 2) return;
    keptAtMs = nowMs();
    await changeVisibility(sqs, queueUrl, [...byMessageId.values()].filter(isHeld), visibilitySeconds);
  }

  async function release(except: ReadonlySet<Message> = new Set()): Promise<void> {
    const back = [...byMessageId.values()].filter((message) => isHeld(message) && !except.has(message));
    for (const message of back) given.add(message);
    await changeVisibility(sqs, queueUrl, back, 0);
  }

  function isHeld(message: Message): boolean {
    return !given.has(message);
  }
}

/** An entry that fails was deleted, or its hold is over: either way there is nothing to do. */
export async function changeVisibility(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly Message[],
  seconds: number,
): Promise<void> {
  await changeVisibilities(
    sqs,
    queueUrl,
    messages.map(({ ReceiptHandle: receiptHandle = "" }) => ({ receiptHandle, seconds })),
  );
}

/** As SQS counts them: what can be seen, and what some reader holds. */
export async function depths(
  sqs: SQSClient,
  queueUrl: string,
): Promise<{ visible: number; inFlight: number }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

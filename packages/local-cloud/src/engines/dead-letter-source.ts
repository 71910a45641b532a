// Adds the attribute DeadLetterQueueSourceArn to messages that a redrive policy moved, as SQS does and fauxqs does not.
//
//   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
//   Only this attribute tells a moved message from one that was sent to the dead-letter queue: the sender chose all others.
import type { buildApp } from "fauxqs";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../model/clients.ts";

/** So many messages are remembered, the last ones. */
const messagesMax = 100_000;

export function recordDeadLetterSource(app: ReturnType<typeof buildApp>): void {
  const queueOf = new Map<string, string>(); // by name: one queue has several URLs, as the engine has several hosts
  app.addHook("onSend", async (request, reply, payload) => {
    const action = `${request.headers["x-amz-target"] ?? ""}`.split(".").at(-1);
    if (reply.statusCode !== 200 || typeof payload !== "string") return payload;
    const queueName = queueNameIn(request.body);
    if (action === "SendMessage" || action === "SendMessageBatch") {
      const { MessageId, Successful = [] } = JSON.parse(payload) as Sent;
      for (const id of [MessageId, ...Successful.map((sent) => sent.MessageId)]) remember(id, queueName);
    }
    return action === "ReceiveMessage" ? told(payload, queueName) : payload;
  });

  function remember(id: string | undefined, queueName: string): void {
    if (id === undefined) return;
    queueOf.set(id, queueName);
    const [oldest] = queueOf.keys();
    if (queueOf.size > messagesMax && oldest !== undefined) queueOf.delete(oldest);
  }

  function told(payload: string, queueName: string): string {
    const answer = JSON.parse(payload) as Received;
    let isChanged = false;
    for (const message of answer.Messages ?? []) {
      const source = queueOf.get(message.MessageId ?? "");
      if (source === undefined || source === queueName || message.Attributes === undefined) continue;
      message.Attributes.DeadLetterQueueSourceArn = `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${source}`;
      isChanged = true;
    }
    return isChanged ? JSON.stringify(answer) : payload;
  }
}

interface Sent {
  readonly MessageId?: string;
  readonly Successful?: readonly { readonly MessageId?: string }[];
}

interface Received {
  readonly Messages?: readonly { readonly MessageId?: string; Attributes?: Record<string, string> }[];
}

function queueNameIn(body: unknown): string {
  const { QueueUrl } = (body ?? {}) as { QueueUrl?: unknown };
  return typeof QueueUrl === "string" ? (QueueUrl.split("/").at(-1) ?? "") : "";
}

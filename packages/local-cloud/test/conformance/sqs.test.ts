// What the product relies on from SQS, whichever engine stands behind the endpoint.

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { aName, conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { expect, onTestFinished, test } from "vitest";

const clients = conformanceClients();

async function aQueue(attributes: Record<string, string> = {}): Promise<string> {
  const name = aName("queue") + (attributes.FifoQueue ? ".fifo" : "");
  const { sqs } = clients();
  const { QueueUrl = "" } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  onTestFinished(async () => void (await sqs.send(new DeleteQueueCommand({ QueueUrl }))));
  return QueueUrl;
}

async function send(QueueUrl: string, MessageBody: string): Promise<void> {
  await clients().sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(
  QueueUrl: string,
  options: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
    ...options,
  });
  return (await clients().sqs.send(command)).Messages ?? [];
}

async function receiveOne(QueueUrl: string, options?: Partial<ReceiveMessageCommandInput>): Promise<Message> {
  const [message] = await receive(QueueUrl, { WaitTimeSeconds: 3, ...options });
  if (!message) throw new Error("no message within the wait");
  return message;
}

async function remove(QueueUrl: string, { ReceiptHandle }: Message): Promise<void> {
  await clients().sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

async function arnOf(QueueUrl: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
  return (await clients().sqs.send(command)).Attributes?.QueueArn ?? "";
}

test("a received message is invisible until its visibility timeout ends, then is redelivered with its receive count", async () => {
  const queue = await aQueue({ VisibilityTimeout: "1" });
  await send(queue, "once more");
  const first = await receiveOne(queue);
  expect(first.Attributes?.ApproximateReceiveCount).toBe("1");
  expect(await receive(queue)).toEqual([]);

  const second = await receiveOne(queue);
  expect(second.MessageId).toBe(first.MessageId);
  expect(second.Body).toBe("once more");
  expect(second.Attributes?.ApproximateReceiveCount).toBe("2");
  expect(second.Attributes?.ApproximateFirstReceiveTimestamp).toBe(
    first.Attributes?.ApproximateFirstReceiveTimestamp,
  );
});

test("a deleted message is not redelivered", async () => {
  const queue = await aQueue({ VisibilityTimeout: "1" });
  await send(queue, "done");
  await remove(queue, await receiveOne(queue));
  expect(await receive(queue, { WaitTimeSeconds: 2 })).toEqual([]);
});

test("a visibility of zero gives a message back at once, a longer one keeps it", async () => {
  const queue = await aQueue({ VisibilityTimeout: "1" });
  await send(queue, "later");
  await changeVisibility(queue, await receiveOne(queue), 0);
  const again = await receiveOne(queue, { WaitTimeSeconds: 0 });
  expect(again.Attributes?.ApproximateReceiveCount).toBe("2");

  await changeVisibility(queue, again, 10);
  expect(await receive(queue, { WaitTimeSeconds: 2 })).toEqual([]);
});

async function changeVisibility(queue: string, message: Message, seconds: number): Promise<void> {
  await clients().sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue,
      ReceiptHandle: message.ReceiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
}

test("a message received maxReceiveCount times moves to the dead-letter queue with body and attributes", async () => {
  const deadLetters = await aQueue();
  const queue = await aQueue({
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: await arnOf(deadLetters), maxReceiveCount: 2 }),
  });
  const MessageAttributes = { traceparent: { DataType: "String", StringValue: "00-1-2-01" } };
  await clients().sqs.send(
    new SendMessageCommand({ QueueUrl: queue, MessageBody: "poison", MessageAttributes }),
  );
  const counts = [await receiveOne(queue), await receiveOne(queue)].map(
    ({ Attributes }) => Attributes?.ApproximateReceiveCount,
  );
  expect(counts).toEqual(["1", "2"]);
  expect(await receive(queue)).toEqual([]);

  const dead = await receiveOne(deadLetters);
  expect(dead.Body).toBe("poison");
  expect(dead.MessageAttributes?.traceparent?.StringValue).toBe("00-1-2-01");
});

test("a batch that succeeds can hold an entry that failed", async () => {
  const bytesMax = 1_024;
  const queue = await aQueue({ MaximumMessageSize: String(bytesMax) });
  const { Successful, Failed } = await clients().sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue,
      Entries: [
        { Id: "good", MessageBody: "good" },
        { Id: "bad", MessageBody: "x".repeat(bytesMax + 1) },
      ],
    }),
  );
  expect(Successful?.map(({ Id }) => Id)).toEqual(["good"]);
  expect(Failed).toMatchObject([{ Id: "bad", SenderFault: true }]);
  expect((await receive(queue, { WaitTimeSeconds: 1 })).map(({ Body }) => Body)).toEqual(["good"]);
});

test("a long poll returns when a message arrives, or empty when its wait time ends", async () => {
  const queue = await aQueue();
  const startedAt = performance.now();
  expect(await receive(queue, { WaitTimeSeconds: 1 })).toEqual([]);
  expect(performance.now() - startedAt).toBeGreaterThan(900);

  const waiting = receiveOne(queue, { WaitTimeSeconds: 10 });
  await send(queue, "arrived");
  expect((await waiting).Body).toBe("arrived");
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html: with an older
// receipt handle "the request succeeds, but the message might not be deleted".
test("a delete after the visibility timeout is no error", async () => {
  const queue = await aQueue({ VisibilityTimeout: "1" });
  await send(queue, "slow");
  const expired = await receiveOne(queue);
  const current = await receiveOne(queue);
  expect(current.Attributes?.ApproximateReceiveCount).toBe("2");
  await remove(queue, expired);
  await remove(queue, current);
  expect(await receive(queue, { WaitTimeSeconds: 2 })).toEqual([]);
});

test("message attributes arrive as they were sent", async () => {
  const queue = await aQueue();
  const MessageAttributes = {
    ReasonCode: { DataType: "String", StringValue: "NOT_JSON" },
    ReceiveCount: { DataType: "Number", StringValue: "5" },
  };
  await clients().sqs.send(
    new SendMessageCommand({ QueueUrl: queue, MessageBody: "parked", MessageAttributes }),
  );
  expect((await receiveOne(queue)).MessageAttributes).toMatchObject(MessageAttributes);
});

test("a queue made again with the same attributes is the same queue", async () => {
  const { sqs } = clients();
  const queue = await aQueue({ VisibilityTimeout: "7" });
  const again = await sqs.send(
    new CreateQueueCommand({ QueueName: queue.split("/").at(-1), Attributes: { VisibilityTimeout: "7" } }),
  );
  expect(again.QueueUrl).toBe(queue);
});

test("a FIFO group keeps its order and holds its successors while one is in flight", async () => {
  const queue = await aQueue({
    FifoQueue: "true",
    ContentBasedDeduplication: "true",
    VisibilityTimeout: "10",
  });
  for (const MessageBody of ["first", "second", "second"]) {
    await clients().sqs.send(
      new SendMessageCommand({ QueueUrl: queue, MessageBody, MessageGroupId: "order-1" }),
    );
  }
  const first = await receiveOne(queue, { MaxNumberOfMessages: 1 });
  expect(first.Body).toBe("first");
  expect(await receive(queue, { MaxNumberOfMessages: 1 })).toEqual([]);
  await remove(queue, first);
  const second = await receiveOne(queue, { MaxNumberOfMessages: 1 });
  expect(second.Body).toBe("second");
  await remove(queue, second);
  expect(await receive(queue)).toEqual([]);
});

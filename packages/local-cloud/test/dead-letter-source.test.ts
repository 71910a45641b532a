// The queue that a message was moved from, said of what a redrive policy moved and of nothing else.
import {
  ReceiveMessageCommand,
  type ReceiveMessageCommandOutput,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { localEngines } from "@essentially-once/testing/local-engines";
import { expect, onTestFinished, test, vi } from "vitest";
import { startEngineProxy } from "../src/engines/engine-proxy.ts";
import { destroyClients, localClients } from "../src/model/clients.ts";

const engines = localEngines();

function receive(QueueUrl: string): Promise<ReceiveMessageCommandOutput> {
  return engines.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ["All"], VisibilityTimeout: 0 }),
  );
}

test("a message that was moved says from where", async () => {
  const deadLetters = await engines.aQueue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.queueArn, maxReceiveCount: 1 });
  const queue = await engines.aQueue({ RedrivePolicy });
  await engines.send(queue.queueUrl, ["poison"]);
  await receive(queue.queueUrl);
  await receive(queue.queueUrl);
  const { Messages } = await vi.waitUntil(async () => {
    const received = await receive(deadLetters.queueUrl);
    return received.Messages ? received : undefined;
  });
  expect(Messages?.[0]?.Attributes?.DeadLetterQueueSourceArn).toBe(queue.queueArn);
});

test("one that a function sent, by its own way to the engine, says nothing", async () => {
  const { queueUrl } = await engines.aQueue();
  const proxy = await startEngineProxy({ target: engines.endpoints.sqs });
  const clients = localClients({ ...engines.endpoints, sqs: proxy.endpoint });
  onTestFinished(async () => {
    destroyClients(clients);
    await proxy.stop();
  });
  const atTheProxy = queueUrl.replace(new URL(queueUrl).origin, proxy.endpoint);
  await clients.sqs.send(new SendMessageCommand({ QueueUrl: atTheProxy, MessageBody: "parked" }));
  const { Messages } = await receive(queueUrl);
  expect(Messages?.[0]?.Body).toBe("parked");
  expect(Messages?.[0]?.Attributes).not.toHaveProperty("DeadLetterQueueSourceArn");
});

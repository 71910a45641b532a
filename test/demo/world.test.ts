import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { localEngines } from "@essentially-once/testing/local-engines";
import { expect, test } from "vitest";
import { sentSince } from "../../demo/world.ts";

const engines = localEngines();

test("dead letters that an earlier run left on the same endpoint are none of this run's", async () => {
  const { sqs } = engines.clients;
  const { queueUrl } = await engines.aQueue();
  const { queueUrl: deadLetterQueueUrl } = await engines.aQueue();
  const queues = [
    { consumer: "ShipOrder", name: "ship-order", queueUrl, deadLetterQueueUrl, evidenceTable: "" },
  ];
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: "of before" }));
  const { deadLetters } = await listDeadLetters(sqs, queues);
  const sentMs = Number(deadLetters[0]?.copies[0]?.Attributes?.SentTimestamp);

  expect(sentSince(sentMs, deadLetters).map(({ body }) => body)).toEqual(["of before"]);
  expect(sentSince(sentMs + 1, deadLetters)).toEqual([]);
});

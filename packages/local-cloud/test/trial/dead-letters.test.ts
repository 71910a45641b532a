import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { localEngines } from "@essentially-once/testing/local-engines";
import { expect, test } from "vitest";
import { deadLettersSince } from "../../src/trial/look/dead-letters.ts";

const engines = localEngines();

test("dead letters that an earlier run left on the same endpoint are none of this run's", async () => {
  const { sqs } = engines.clients;
  const { queueUrl } = await engines.aQueue();
  const { queueUrl: deadLetterQueueUrl } = await engines.aQueue();
  const queues = [
    { consumer: "ShipOrder", name: "ship-order", queueUrl, deadLetterQueueUrl, evidenceTable: "" },
  ];
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: "of before" }));
  const access = { clients: engines.clients, queues, output: () => "" };
  const [parkedMessage] = await deadLettersSince(access, 0);
  const sentMs = Number(parkedMessage?.copies[0]?.Attributes?.SentTimestamp);

  expect((await deadLettersSince(access, sentMs)).map(({ body }) => body)).toEqual(["of before"]);
  expect(await deadLettersSince(access, sentMs + 1)).toEqual([]);
});

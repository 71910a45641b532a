// 500 consumers at one relay.
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anOutboxRow } from "@essentially-once/testing/internal/support/outbox-rows";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeAll, expect, it } from "vitest";
import { readOutboxRow } from "../../src/commit/outbox.ts";
import { nowMs } from "../../src/core/clock.ts";
import { publisher } from "../../src/publish/publisher.ts";
import { fixedRegistry } from "../../src/publish/registry.ts";
import { readRoutes } from "../../src/publish/routes.ts";

const consumers = 500;
/** What a publisher's invocation has in production, less its answer. Milliseconds. */
const withinMs = 29_000;
const outboxTable = "outbox-of-many";

const engines = localEngines();
let queues: string[];

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
  });
  await engines.clients.dynamodb.send(
    new CreateTableCommand({
      TableName: outboxTable,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "place", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "place", KeyType: "RANGE" },
      ],
    }),
  );
  const made = await Promise.all(Array.from({ length: consumers }, () => engines.aQueue()));
  queues = made.map(({ queueUrl }) => queueUrl);
});

it("G3: a message that 500 consumers accept comes to each of them, in one invocation", async () => {
  const message = anEnvelope({ type: "told" });
  const row = readOutboxRow(marshall(anOutboxRow({ messages: [message] })));
  const registry = fixedRegistry({ routes: readRoutes(JSON.stringify({ told: queues })) });
  const sent = await publisher({ outboxTable, registry }).publish([row], { deadlineMs: nowMs() + withinMs });
  expect([...sent]).toEqual([row.id]);
  const depths = await Promise.all(queues.map((queueUrl) => engines.depth(queueUrl)));
  expect(depths.map(({ visible }) => visible)).toEqual(queues.map(() => 1));
});

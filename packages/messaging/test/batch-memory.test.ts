import { fork } from "node:child_process";
import { once } from "node:events";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { localEngines } from "@essentially-once/testing/local-engines";
import type { SQSRecord } from "aws-lambda";
import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { sqs } from "../src/aws/sqs-client.ts";
import { attemptOf, pastOf } from "../src/commit/received.ts";
import { newId } from "../src/core/ids.ts";
import { metricNames } from "../src/core/metric-names.ts";
import { valuesIn, valuesMax } from "../src/envelope/caps.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { subscription } from "../src/envelope/subscription.ts";
import { attemptStore } from "../src/receive/attempt-store.ts";
import { processWithinMemory } from "../src/receive/batch-memory.ts";
import { consumer } from "../src/receive/consumer.ts";
import { signature } from "../src/trust/signature.ts";

const Listed = messageType({ type: "tests.listed.v1", schema: z.unknown(), key: () => "k" });
const engines = localEngines();
let table: string;

beforeAll(async () => {
  ({ tableName: table } = await engines.aStreamedTable());
  const [main, dead] = await Promise.all([engines.aQueue(), engines.aQueue()]);
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
    QUEUE_URL: main.queueUrl,
    DEAD_LETTER_QUEUE_URL: dead.queueUrl,
    EVIDENCE_TABLE: table,
    MAX_RECEIVE_COUNT: "5",
  });
});

it("G5, G11: what a batch has beyond its bound goes back before it is parsed, and that is no attempt", async () => {
  const ran: string[] = [];
  const handler = consumer(contract({ name: "lists", accepts: [Listed], publishes: [] })).handler(
    async ({ id }) => {
      ran.push(id);
    },
  );
  const wide = body("a", valuesMax - 100);
  const tooMany = body("too-many", 1.5 * valuesMax); // is parked, and weighs nothing
  const tooDeep = body("too-deep", 10).replace("[]", "[".repeat(10_000) + "]".repeat(10_000)); // as well
  const texts = [body("a", 10), tooMany, tooDeep, ...Array(10).fill(wide), body("a", 2_000), body("a", 10)];
  const records = texts.map((text, nth) => anSqsRecord(text.replace('"a"', `"message-${nth}"`)));
  const [last] = records.slice(-1) as [(typeof records)[number]];
  const store = attemptStore({ table });
  await store.note(last, "failed");
  last.attributes.ApproximateReceiveCount = "2";

  let answer: Awaited<ReturnType<typeof handler>> | undefined;
  const lines = await linesOf(async () => {
    answer = await handler(anSqsEvent(...records), aContext());
  });
  const back = records.slice(13).map(({ messageId }) => ({ itemIdentifier: messageId }));
  expect(answer?.batchItemFailures).toEqual(back);
  expect(ran.length).toBe(11); // one small one, and ten times the bound of a message
  const again = { ...last };
  await store.lastRuns([again]);
  expect([attemptOf(again), pastOf(again).waits]).toEqual([2, 1]);
  const full = lines.filter(({ errorCode }) => errorCode === "BATCH_FULL");
  expect(full.map(({ waitedSeconds }) => waitedSeconds)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(waited(lines)).toBeGreaterThanOrEqual(0);
});

it("G11: ten messages at their own bound are a batch, and the eleventh goes back", async () => {
  const ran: string[] = [];
  const handler = consumer(contract({ name: "lists", accepts: [Listed], publishes: [] })).handler(
    async ({ id }) => {
      ran.push(id);
    },
  );
  const text = bodyOf("a", valuesMax);
  const records = Array.from({ length: 11 }, (_, nth) =>
    anSqsRecord(text.replace('"a"', `"message-${nth}"`)),
  );
  expect(records.map(({ body: text }) => valuesIn(text))).toEqual(Array(11).fill(valuesMax));
  const { batchItemFailures } = await handler(anSqsEvent(...records), aContext());
  expect(batchItemFailures).toEqual([{ itemIdentifier: records[10]?.messageId }]);
  expect(ran).toHaveLength(10);
});

const wideBatch = (texts: number) => Array.from({ length: texts }, () => body(newId(), valuesMax - 100));

it("G7: on its last receive a message is not parked unread, but by its own reason, when the others are done", async () => {
  const handler = consumer(contract({ name: "lists", accepts: [Listed], publishes: [] }))
    .use(signature({ keys: aKeyStore(aSecret("k1")).ring }))
    .handler(async () => undefined);
  const records = wideBatch(12).map((text) => anSqsRecord(text));
  asLastReceive(records[11]);
  let answer: Awaited<ReturnType<typeof handler>> | undefined;
  const lines = await linesOf(async () => {
    answer = await handler(anSqsEvent(...records), aContext());
  });
  expect(answer?.batchItemFailures).toEqual([{ itemIdentifier: records[10]?.messageId }]);
  const parked = lines.filter(({ code }) => code === "PARKED");
  expect(parked.map(({ reasonCode }) => reasonCode)).toEqual(Array(11).fill("SIGNATURE_MISSING"));
});

it("G4: on its last receive a message of a FIFO group does not pass one that was given back", async () => {
  const QueueName = `${newId()}.fifo`;
  const { QueueUrl = "" } = await sqs().send(
    new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: "true" } }),
  );
  const groups = [...Array(10).fill("others"), "a", "a", "b"];
  const records = wideBatch(13).map((text, nth) =>
    anSqsRecord(text, { queueName: QueueName, group: groups[nth] }),
  );
  for (const record of records.slice(11)) asLastReceive(record);
  const parts: (readonly SQSRecord[])[] = [];
  const failed = await processWithinMemory(
    records,
    { ...subscription("lists"), queueUrl: QueueUrl },
    async (part) => {
      parts.push(part);
      return [];
    },
  );
  expect(failed).toEqual([records[10], records[11]]);
  expect(parts).toEqual([records.slice(0, 10), [records[12]]]);
});

/** In seven eighths of the four days that a queue keeps a message. */
function asLastReceive(record: SQSRecord | undefined): void {
  const SentTimestamp = String(Date.now() - 3.9 * 86_400_000);
  Object.assign(record?.attributes ?? {}, { SentTimestamp, ApproximateReceiveCount: "3" });
}

it("a failure that is no wait is not counted as one", async () => {
  const handler = consumer(contract({ name: "lists", accepts: [Listed], publishes: [] })).handler(
    async () => {
      throw new Error("fails");
    },
  );
  const lines = await linesOf(() => handler(anSqsEvent(anSqsRecord(body("a", 10))), aContext()));
  expect(lines.map(({ code }) => code)).toContain("METRICS");
  expect(waited(lines)).toBeUndefined();
});

it("G11: thirty of the worst bodies, all that Lambda hands over, fit the memory that ten of them need", async () => {
  const child = fork(new URL("../../testing/src/support/batch-memory-child.ts", import.meta.url), {
    execArgv: ["--max-old-space-size=128"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const [done] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => [`ended with ${code}`]),
  ])) as [unknown];
  child.kill();
  expect(done).toBe(10);
});

/** So many values, as the caps count them, and two for the lists themselves at most. */
function waited(lines: Awaited<ReturnType<typeof linesOf>>) {
  return lines.find(({ code }) => code === "METRICS")?.[metricNames.waitedSeconds];
}

function body(id: string, values: number): string {
  const lists = Array.from({ length: Math.floor(values / 18_000) + 1 }, (_, nth) =>
    Array(Math.min(9_000, Math.max(0, Math.floor(values / 2) - nth * 9_000))).fill("x"),
  );
  const text = lists.map((list) => `[${list.map(() => "[]").join(",")}]`).join(",");
  return asciiJson(anEnvelope({ id, type: Listed.type, data: "here" })).replace('"here"', `[${text}]`);
}

/** Of so many values exactly. */
function bodyOf(id: string, values: number): string {
  const text = body(id, values - 100);
  return text.replace("[[", `[${"0,".repeat(values - valuesIn(text))}[`);
}

// The SQS event source mapping on a real queue, with real function processes.

import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import {
  aLocalFunction,
  aRecorder,
  eventually,
} from "@essentially-once/testing/internal/support/local-function";
import { localEngines } from "@essentially-once/testing/local-engines";
import type { SQSEvent } from "aws-lambda";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { startSqsMapping } from "../src/mappings/sqs.ts";
import type { Invoke } from "../src/model/invocation.ts";
import type { SqsMapping } from "../src/model/model.ts";
import { createRuntime } from "../src/runtime/runtime.ts";

const engines = localEngines();
const stopping: Promise<void>[] = [];

afterAll(async () => {
  await Promise.all(stopping);
});

interface Setup {
  readonly code: string;
  readonly mapping?: Partial<SqsMapping>;
  readonly queue?: Parameters<typeof engines.aQueue>[0];
  readonly timeoutMs?: number;
  readonly hiddenMsAfterDeath?: number;
  readonly bodies?: readonly string[];
}

/** Messages are in the queue before the mapping starts, so they come in one batch. */
async function mapped({ code, mapping, queue, timeoutMs = 5_000, hiddenMsAfterDeath, bodies = [] }: Setup) {
  const recorder = aRecorder();
  const fn = aLocalFunction(code, { timeoutMs });
  const { queueUrl, queueArn } = await engines.aQueue(queue);
  if (bodies.length > 0) await engines.send(queueUrl, bodies);
  const runtime = createRuntime({ functions: [fn], endpoints: engines.endpoints, onEvent: recorder.onEvent });
  const eventSource = startSqsMapping({
    mapping: {
      path: `${fn.path}/Mapping`,
      functionArn: fn.arn,
      queueArn,
      queueUrl,
      batchSize: 10,
      batchWindowMs: 0,
      reportBatchItemFailures: true,
      ...mapping,
    },
    functionPath: fn.path,
    sqs: engines.clients.sqs,
    invoke: runtime.invoke,
    onEvent: recorder.onEvent,
    hiddenMsAfterDeath,
  });
  onTestFinished(async () => {
    await runtime.stop();
    stopping.push(eventSource.stop()); // it waits for its last receive; the next test need not
  });
  return {
    ...recorder,
    queueUrl,
    queueArn,
    depth: () => engines.depth(queueUrl),
    invocations: (count: number) => eventually(() => recorder.of("invocation").length >= count),
    stop: eventSource.stop,
  };
}

/** Waits for the first invocation, then for what stays in the queue. */
async function leftAfterOneInvocation(setup: Setup): Promise<number> {
  const { invocations, depth, stop } = await mapped(setup);
  await invocations(1);
  await stop();
  const { visible, inFlight } = await depth();
  return visible + inFlight;
}

const returning = (response: string) => `export const handler = async ({ Records }) => (${response});`;

test("a record has the shape that Lambda documents", async () => {
  const { queueUrl, queueArn, of, said } = await mapped({
    code: "export const handler = async (event) => { console.log(JSON.stringify(event)); };",
  });
  const sentMs = Date.now();
  const { MessageId } = await engines.clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: "héllo",
      MessageAttributes: {
        text: { DataType: "String", StringValue: "a" },
        number: { DataType: "Number", StringValue: "7" },
        bytes: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2, 255]) },
      },
    }),
  );
  await eventually(() => of("invocation").length);
  const [record] = (said()[0] as SQSEvent).Records;
  expect(record).toEqual({
    messageId: MessageId,
    receiptHandle: expect.any(String),
    body: "héllo",
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      SenderId: expect.any(String),
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    },
    messageAttributes: {
      text: { stringValue: "a", dataType: "String", stringListValues: [], binaryListValues: [] },
      number: { stringValue: "7", dataType: "Number", stringListValues: [], binaryListValues: [] },
      bytes: { binaryValue: "AQL/", dataType: "Binary", stringListValues: [], binaryListValues: [] },
    },
    md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
    md5OfBody: createHash("md5").update("héllo").digest("hex"),
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: "us-east-1",
  });
  expect(Math.abs(Number(record?.attributes.SentTimestamp) - sentMs)).toBeLessThan(2_000);
});

test.each([
  ["null", "null", 0],
  ["one failure", "{ batchItemFailures: [{ itemIdentifier: Records[1].messageId }] }", 1],
  ["a failure that is not in the batch", '{ batchItemFailures: [{ itemIdentifier: "other" }] }', 3],
])("with partial batch responses, %s keeps as many messages as it should", async (_, response, left) => {
  expect(await leftAfterOneInvocation({ code: returning(response), bodies: ["a", "b", "c"] })).toBe(left);
});

test("without partial batch responses any answer deletes the batch", async () => {
  const code = returning("{ batchItemFailures: Records.map((r) => ({ itemIdentifier: r.messageId })) }");
  const mapping = { reportBatchItemFailures: false };
  expect(await leftAfterOneInvocation({ code, bodies: ["a", "b", "c"], mapping })).toBe(0);
});

test("when the function throws, dies or runs out of time, its messages come back after their visibility timeout, not before", async () => {
  const failings = { error: 'throw new Error("no")', killed: "process.exit(1)", timeout: "for (;;);" };
  await Promise.all(
    Object.entries(failings).map(async ([afterOutcome, failing]) => {
      const { of, said, invocations, depth } = await mapped({
        code: `export const handler = async ({ Records: [{ attributes }] }) => {
          console.log(JSON.stringify({ atMs: Date.now(), firstReceivedMs: Number(attributes.ApproximateFirstReceiveTimestamp) }));
          if (attributes.ApproximateReceiveCount === "1") { ${failing} }
        };`,
        bodies: ['{"id":"e-1"}'],
        timeoutMs: 500,
      });
      await invocations(2);
      const [, again] = said().filter((line) => Object.hasOwn(line as object, "atMs")) as {
        atMs: number;
        firstReceivedMs: number;
      }[];
      // hidden from the moment it was received, however long the function took to start
      expect(again?.atMs).toBeGreaterThanOrEqual((again?.firstReceivedMs ?? 0) + 2_000);
      expect(of("redelivery")).toMatchObject([{ envelopeId: "e-1", receiveCount: 2, afterOutcome }]);
      await eventually(async () => (await depth()).inFlight === 0);
      expect(await depth()).toEqual({ visible: 0, inFlight: 0 });
    }),
  );
});

test("in a hurry, the messages of a function that died come back sooner, and those that it asked for again as it said", async () => {
  const died = await mapped({
    code: 'export const handler = async ({ Records: [{ attributes }] }) => { if (attributes.ApproximateReceiveCount === "1") process.exit(1); };',
    bodies: ["a", "b"],
    queue: { VisibilityTimeout: "600" },
    hiddenMsAfterDeath: 1_000,
  });
  await died.invocations(2);
  await eventually(async () => (await died.depth()).inFlight === 0);
  expect(died.of("redelivery")).toHaveLength(2);

  const left = await mapped({
    code: returning(
      "{ batchItemFailures: Records.map(({ messageId: itemIdentifier }) => ({ itemIdentifier })) }",
    ),
    bodies: ["a"],
    queue: { VisibilityTimeout: "600" },
    hiddenMsAfterDeath: 0,
  });
  await left.invocations(1);
  await left.stop();
  expect(await left.depth()).toEqual({ visible: 0, inFlight: 1 });
});

test("a message in batchItemFailures is redelivered, and the others of its batch are not", async () => {
  const { of, invocations } = await mapped({
    code: `export const handler = async ({ Records }) => ({
      batchItemFailures: Records.filter((r) => r.body === "b" && r.attributes.ApproximateReceiveCount === "1")
        .map((r) => ({ itemIdentifier: r.messageId })),
    });`,
    bodies: ["a", "b", "c"],
  });
  await invocations(2);
  expect(of("invocation").map(({ records, failures }) => ({ records, failures }))).toEqual([
    { records: 3, failures: 1 },
    { records: 1, failures: 0 },
  ]);
  expect(of("redelivery")).toMatchObject([{ receiveCount: 2, afterOutcome: "returned" }]);
});

test("after maxReceiveCount a message goes to the dead-letter queue", async () => {
  const dead = await engines.aQueue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: 2 });
  const { of } = await mapped({
    code: 'export const handler = async () => { throw new Error("never"); };',
    queue: { VisibilityTimeout: "1", RedrivePolicy },
    bodies: ["poison"],
  });
  await eventually(async () => (await engines.depth(dead.queueUrl)).visible === 1);
  expect(of("invocation")).toHaveLength(2);
});

test.each([2, 3])(
  "never more than maximumConcurrency %i batches are in flight",
  async (maximumConcurrency) => {
    const code =
      "export const handler = async () => { await new Promise((resolve) => setTimeout(resolve, 150)); };";
    const bodies = Array.from({ length: 10 }, (_, n) => String(n));
    const { queueUrl, queueArn } = await engines.aQueue({ VisibilityTimeout: "30" });
    await engines.send(queueUrl, bodies);
    const fn = aLocalFunction(code);
    const runtime = createRuntime({ functions: [fn], endpoints: engines.endpoints });
    let now = 0;
    let most = 0;
    let all = 0;
    const counted: Invoke = async (...invocation) => {
      most = Math.max(most, ++now);
      const result = await runtime.invoke(...invocation);
      now--;
      all++;
      return result;
    };
    const eventSource = startSqsMapping({
      mapping: {
        path: "m",
        functionArn: fn.arn,
        queueArn,
        queueUrl,
        batchSize: 1,
        batchWindowMs: 0,
        maximumConcurrency,
        reportBatchItemFailures: true,
      },
      functionPath: fn.path,
      sqs: engines.clients.sqs,
      invoke: counted,
      onEvent: () => undefined,
    });
    onTestFinished(runtime.stop);
    await eventually(() => all === 10);
    await eventSource.stop();
    expect(most).toBe(maximumConcurrency);
    expect(runtime.processIds()).toHaveLength(maximumConcurrency);
    expect(await engines.depth(queueUrl)).toEqual({ visible: 0, inFlight: 0 });
  },
);

test("without room nothing is received", async () => {
  const go = join(mkdtempSync(join(tmpdir(), "room-")), "go");
  const { depth, invocations, of } = await mapped({
    code: `import { existsSync } from "node:fs";
      import { setTimeout as sleep } from "node:timers/promises";
      export const handler = async () => { while (!existsSync(${JSON.stringify(go)})) await sleep(20); };`,
    mapping: { batchSize: 1, maximumConcurrency: 2 },
    bodies: ["a", "b", "c", "d"],
    queue: { VisibilityTimeout: "120" },
  });
  await eventually(async () => (await depth()).inFlight === 2);
  await sleep(200); // time to receive more
  expect(await depth()).toEqual({ visible: 2, inFlight: 2 });
  writeFileSync(go, "");
  await invocations(4);
  expect(of("redelivery")).toEqual([]);
});

test("a batch window gathers messages that come one after the other, up to the batch size", async () => {
  const { queueUrl, of, invocations } = await mapped({
    code: returning("null"),
    mapping: { batchSize: 15, batchWindowMs: 4_000 },
    queue: { VisibilityTimeout: "30" },
  });
  for (let n = 0; n < 4; n++) await engines.send(queueUrl, ["a", "b", "c", "d"]);
  await invocations(2);
  expect(of("invocation").map(({ records }) => records)).toEqual([15, 1]);
});

test("records that do not fit one invocation go in two", async () => {
  const { queueUrl, of } = await mapped({
    code: returning("null"),
    queue: { VisibilityTimeout: "30" },
    mapping: { batchWindowMs: 2_000 },
  });
  for (let n = 0; n < 8; n++) await engines.send(queueUrl, ["x".repeat(1_000_000)]);
  await eventually(() => of("invocation").reduce((sum, { records }) => sum + records, 0) === 8);
  expect(of("invocation").map(({ outcome }) => outcome)).not.toContain("error");
  expect(Math.max(...of("invocation").map(({ records }) => records))).toBeLessThanOrEqual(6);
});

test("a FIFO queue is delivered in the order of each group, and carries its attributes", async () => {
  const { queueUrl, said } = await mapped({
    code: "export const handler = async ({ Records }) => { for (const r of Records) console.log(JSON.stringify(r)); };",
    queue: { FifoQueue: "true", VisibilityTimeout: "30" },
    mapping: { maximumConcurrency: 3 },
  });
  const Entries = Array.from({ length: 10 }, (_, n) => ({
    Id: String(n),
    MessageBody: String(n),
    MessageGroupId: `group-${n % 2}`,
    MessageDeduplicationId: `d-${n}`,
  }));
  await engines.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  const records = await eventually(() =>
    said().length === 10 ? (said() as SQSEvent["Records"]) : undefined,
  );
  const bodiesOf = (group: string) =>
    records.filter(({ attributes }) => attributes.MessageGroupId === group).map(({ body }) => body);
  expect(bodiesOf("group-0")).toEqual(["0", "2", "4", "6", "8"]);
  expect(bodiesOf("group-1")).toEqual(["1", "3", "5", "7", "9"]);
  expect(records[0]?.attributes).toMatchObject({
    MessageDeduplicationId: "d-0",
    SequenceNumber: expect.any(String),
  });
});

test("stop ends within seconds and lets the running invocation finish", async () => {
  const { stop, of, depth } = await mapped({
    code: "export const handler = async () => { console.log('in'); await new Promise((resolve) => setTimeout(resolve, 600)); };",
    bodies: ["a"],
  });
  await eventually(() => of("log").length);
  const startedMs = Date.now();
  await stop();
  expect(Date.now() - startedMs).toBeLessThan(15_000);
  expect(of("invocation")).toMatchObject([{ outcome: "ok" }]);
  expect(await depth()).toEqual({ visible: 0, inFlight: 0 });
});

test("a queue that cannot be reached is told and does not spin", async () => {
  const recorder = aRecorder();
  let calls = 0;
  const eventSource = startSqsMapping({
    mapping: {
      path: "m",
      functionArn: "f",
      queueArn: "a:b:c:d:e:f",
      queueUrl: `${engines.endpoints.sqs}/000000000000/none`,
      batchSize: 10,
      batchWindowMs: 0,
      reportBatchItemFailures: true,
    },
    functionPath: "Test/None",
    sqs: engines.clients.sqs,
    invoke: async () => {
      calls++;
      return { requestId: "r", outcome: "ok" };
    },
    onEvent: recorder.onEvent,
  });
  await eventually(() => recorder.of("log").length);
  await eventSource.stop();
  expect(recorder.of("log")[0]).toMatchObject({ path: "Test/None", requestId: "event-source" });
  expect(recorder.of("log")[0]?.line).toContain("receiving from");
  expect(recorder.of("log").length).toBeLessThanOrEqual(2);
  expect(calls).toBe(0);
});

import type { BatchExecuteStatementCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { leaveOut, type PartialAnswers } from "@essentially-once/testing/internal/support/partial-answers";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { getItems, writeItems } from "../src/aws/dynamodb-batch.ts";
import { deleteMessages } from "../src/aws/sqs-batch.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { executeStatements } from "../src/aws/statement-batch.ts";
import { attemptOf } from "../src/commit/received.ts";
import { newId } from "../src/core/ids.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { subscription } from "../src/envelope/subscription.ts";
import { sendAll } from "../src/publish/send.ts";
import { attemptStore } from "../src/receive/attempt-store.ts";
import { settleFailure } from "../src/receive/failed-record.ts";
import { holds } from "../src/receive/holds.ts";

let world: World;
let partial: PartialAnswers | undefined;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterEach(() => partial?.remove());
afterAll(() => world.stop());

describe("what an answer of DynamoDB leaves out", () => {
  it("is asked for again until it is there", async () => {
    const { table, keys } = await items(3);
    partial = leaveOut(dynamodb(), { command: "BatchGetItemCommand", entries: 2 });
    expect(await getItems(dynamodb(), { table, keys })).toHaveLength(3);
    expect(partial.requests).toEqual([3, 2]);
  });

  it("is not taken for what does not exist", async () => {
    const { table, keys } = await items(1);
    partial = leaveOut(dynamodb(), { command: "BatchGetItemCommand", requests: 9 });
    await expect(getItems(dynamodb(), { table, keys })).rejects.toMatchObject({
      code: "ITEMS_UNREAD",
      waited: true,
    });
    expect(partial.requests.length).toBeLessThan(9);
  });

  it("is counted when it is not written, and only then", async () => {
    const { table, keys } = await items(2);
    const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
    partial = leaveOut(dynamodb(), { command: "BatchWriteItemCommand", requests: 9 });
    expect(await writeItems(dynamodb(), { table, requests })).toMatchObject([{ code: "UNPROCESSED" }]);
    partial.remove();
    expect(await writeItems(dynamodb(), { table, requests })).toEqual([]);
  });

  it("is not done when the answer does not mention a statement", async () => {
    const { table, keys } = await items(2);
    const statements = keys.map(({ id }) => ({
      Statement: `UPDATE "${table}" SET "told" = ? WHERE "id" = ?`,
      Parameters: [{ N: "1" }, id as { S: string }],
    }));
    const forgetful = {
      send: async (command: BatchExecuteStatementCommand) => {
        const answer = await dynamodb().send(command);
        return { ...answer, Responses: answer.Responses?.slice(0, 1) };
      },
    } as unknown as DynamoDBClient;
    const done = async (client: DynamoDBClient) => {
      const results: unknown[] = [];
      const deadlineMs = Date.now() + 400; // one try: there is no time to wait for another
      await executeStatements(client, {
        statements,
        deadlineMs,
        told: (n, refused) => (results[n] = refused?.code),
      });
      return results;
    };
    expect(await done(forgetful)).toEqual([undefined, "UNPROCESSED"]);
    expect(await done(dynamodb())).toEqual([undefined, undefined]);
  });

  it("G5: is told of each statement before others are sent again", async () => {
    const { table, keys } = await items(3);
    const statements = keys.map(({ id }) => ({
      Statement: `UPDATE "${table}" SET "told" = ? WHERE "id" = ?`,
      Parameters: [{ N: "1" }, id as { S: string }],
    }));
    const failure = { SenderFault: false, Code: "ThrottlingError" };
    partial = leaveOut(dynamodb(), { command: "BatchExecuteStatementCommand", failure });
    const seen: string[] = [];
    await executeStatements(dynamodb(), {
      statements,
      told: (index) => seen.push(`${index} after ${partial?.requests.length}`),
    });
    expect(seen).toEqual(["1 after 1", "2 after 1", "0 after 2"]);
  });

  it("G4: leaves a held group held", async () => {
    const line = holds({ table: evidenceTable(), queueName: newId() });
    await line.join("a", "first");
    await line.join("b", "first");
    partial = leaveOut(dynamodb(), { command: "BatchGetItemCommand", entries: 2 });
    expect([...(await line.read(["a", "b"])).values()].map((hold) => hold.line)).toEqual([
      ["first"],
      ["first"],
    ]);
  });

  it("G4: does not make the count of attempts begin anew", async () => {
    const record = anSqsRecord("a message", { receiveCount: 2 });
    const store = attemptStore({ table: evidenceTable() });
    await store.note(record, "failed");
    partial = leaveOut(dynamodb(), { command: "BatchGetItemCommand", requests: 9 });
    const unread = { ...record };
    await linesOf(async () => {
      await store.lastRuns([unread]);
      await store.note(unread, "failed");
    });
    partial.remove();
    const again = { ...record };
    await store.lastRuns([again]);
    expect(attemptOf(again)).toBe(2);
  });
});

describe("what an answer of SQS refuses", () => {
  it("G11: a delay that SQS refuses is not logged as set, and its code is", async () => {
    const failure = { SenderFault: true, Code: "InvalidParameterValue" };
    partial = leaveOut(sqs(), { command: "ChangeMessageVisibilityBatchCommand", failure });
    const lines = await linesOf(() => fail(anSqsRecord("{}"), new RetryLater("BUSY", 60)));
    expect(lines.find(({ code }) => code === "RETRY_LATER")).not.toHaveProperty("retryAfterSeconds");
    expect(lines.find(({ code }) => code === "DELAY_FAILED")).toMatchObject({
      level: "WARN",
      consumer: "x",
      receiveCount: 1,
      errorCode: "InvalidParameterValue",
      records: 1,
    });
  });

  it.each([
    [86_400, 42_000],
    [Number.POSITIVE_INFINITY, 42_000],
    [1.2, 2],
    [-5, 0],
  ])("G11: a delay of %d s is one that SQS takes, and the line says which", async (asked, set) => {
    const lines = await linesOf(async () => fail(await received(), new RetryLater("BUSY", asked)));
    expect(lines.find(({ code }) => code === "RETRY_LATER")?.retryAfterSeconds).toBe(set);
    expect(lines.find(({ code }) => code === "DELAY_FAILED")).toBeUndefined();
  });

  it("G11: a delay that is no number leaves it to the backoff", async () => {
    const lines = await linesOf(async () => fail(await received(), new RetryLater("BUSY", Number.NaN)));
    const { retryAfterSeconds = 0 } = lines.find(({ code }) => code === "RETRY_LATER") ?? {};
    expect(Number(retryAfterSeconds)).toBeGreaterThanOrEqual(1);
  });

  it("G4: a group is hidden as a whole, however many of it are behind the failure", async () => {
    const behind = Array.from({ length: 12 }, () => anSqsRecord("{}"));
    partial = leaveOut(sqs(), { command: "ChangeMessageVisibilityBatchCommand", requests: 0 });
    await linesOf(() =>
      settleFailure(subscription("x"), anSqsRecord("{}"), new RetryLater("BUSY"), { behind }),
    );
    expect(partial.requests).toEqual([10, 3]);
  });

  it("G3: an entry that is refused for good has a line, is not sent again and not taken for sent", async () => {
    const { QueueUrl = "" } = await sqs().send(new CreateQueueCommand({ QueueName: newId() }));
    const failure = { SenderFault: true, Code: "InvalidMessageContents" };
    partial = leaveOut(sqs(), { command: "SendMessageBatchCommand", failure, requests: 9 });
    let confirmed: readonly boolean[] = [];
    const lines = await linesOf(async () => {
      ({ confirmed } = await sendAll(QueueUrl, [{ body: "1" }, { body: "2" }], {
        deadlineMs: Date.now() + 5_000,
      }));
    });
    expect(confirmed).toEqual([false, true]);
    expect(partial.requests).toEqual([2]);
    expect(lines).toMatchObject([
      { level: "ERROR", code: "SEND_REFUSED", errorCode: "InvalidMessageContents", messages: 1 },
    ]);
  });

  it("is tried again when it is SQS's own fault, and named when that does not help", async () => {
    const messages = [await received(), await received()];
    partial = leaveOut(sqs(), { command: "DeleteMessageBatchCommand" });
    expect(await deleteMessages(sqs(), queueUrl(), messages)).toEqual([]);
    partial = leaveOut(sqs(), { command: "DeleteMessageBatchCommand", requests: 9 });
    expect(await deleteMessages(sqs(), queueUrl(), messages)).toEqual([
      { entry: messages[0], code: "InternalError" },
    ]);
  });

  it.each([
    [1, []],
    [9, ["NO_RESULT"]],
  ])(
    "G3: an entry that the answer does not mention (%i times) is not done, and is sent again",
    async (times, codes) => {
      let requests = 0;
      const { middlewareStack } = sqs();
      middlewareStack.add(
        (next, { commandName }) =>
          async function forget(args) {
            if (commandName !== "DeleteMessageBatchCommand" || ++requests > times) return next(args);
            return { response: {}, output: { $metadata: {} } };
          },
        { name: "forget", step: "initialize" },
      );
      onTestFinished(() => void middlewareStack.remove("forget"));
      const left = await deleteMessages(sqs(), queueUrl(), [await received()]);
      expect(left.map(({ code }) => code)).toEqual(codes);
      expect(requests).toBe(Math.min(times + 1, 4));
    },
  );

  it("G5: a request that fails is not sent again, and each of its messages is left with the reason", async () => {
    const messages = Array.from({ length: 11 }, () => ({ receiptHandle: newId() }));
    partial = leaveOut(sqs(), { command: "DeleteMessageBatchCommand", requests: 0 });
    expect(await deleteMessages(sqs(), `${queueUrl()}-gone`, messages)).toEqual(
      messages.map((entry) => ({ entry, code: "QueueDoesNotExist" })),
    );
    expect(partial.requests).toEqual([10, 1]);
  });
});

async function fail(record: ReturnType<typeof anSqsRecord>, error: unknown): Promise<void> {
  expect(await settleFailure(subscription("x"), record, error, {})).toBe(false);
}

async function received() {
  const QueueUrl = queueUrl();
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  const { Messages: [message] = [] } = await sqs().send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2 }),
  );
  return { ...anSqsRecord("{}"), receiptHandle: message?.ReceiptHandle ?? "" };
}

async function items(count: number) {
  const table = evidenceTable();
  const keys = Array.from({ length: count }, () => marshall({ id: newId() }));
  await writeItems(dynamodb(), { table, requests: keys.map((Item) => ({ PutRequest: { Item } })) });
  return { table, keys };
}

function queueUrl(): string {
  return process.env.QUEUE_URL ?? "";
}

function evidenceTable(): string {
  return process.env.EVIDENCE_TABLE ?? "";
}

import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { permanentReason } from "../src/aws/permanent.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import type { UnitOfWork } from "../src/commit/unit-of-work.ts";
import { versionedTable } from "../src/commit/versioned-table.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Ping = messageType({ type: "tests.ping.v1", schema: z.strictObject({}), key: () => "all" });
const secret = "CANARY";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterAll(() => world.stop());

describe("a permanent error parks the message on its first receive, and says what to change", () => {
  const table = () => process.env.STANDARD_TABLE ?? "";
  const put = (item: Record<string, AttributeValue>, TableName = table()) => ({
    Put: { TableName, Item: item },
  });

  it.each<[string, string, RegExp, (unit: UnitOfWork) => unknown]>([
    [
      "a key of the wrong type, in the unit of work",
      "COMMIT_REFUSED",
      /ValidationError/,
      (unit) => unit.write(put({ id: { N: "1" } })),
    ],
    [
      "a key of the wrong type, in a write of the handler's own",
      "REQUEST_REFUSED",
      /^PutItem \S+: the key attribute id must be S, got N \(ValidationException\) at test\/permanent\.test\.ts:\d+/,
      () => dynamodb().send(new PutItemCommand({ TableName: table(), Item: { id: { N: "1" } } })),
    ],
    [
      "an expression that is none",
      "REQUEST_REFUSED",
      /GetItem \S+: the ProjectionExpression is invalid/,
      () =>
        dynamodb().send(
          new GetItemCommand({ TableName: table(), Key: { id: { S: "1" } }, ProjectionExpression: "a..b" }),
        ),
    ],
    [
      "an unknown table",
      "RESOURCE_UNKNOWN",
      /TransactWriteItems/,
      (unit) => unit.write(put({ id: { S: secret } }, "no-such-table")),
    ],
    [
      "an unknown queue",
      "RESOURCE_UNKNOWN",
      /^SendMessage no-such-queue: does not exist at test\/permanent/,
      () =>
        sqs().send(
          new SendMessageCommand({ QueueUrl: `${process.env.QUEUE_URL}/../no-such-queue`, MessageBody: "x" }),
        ),
    ],
    [
      "a date that is to be saved",
      "VALUE_UNSTORABLE",
      /a Date at at$/,
      (unit) =>
        unit.write(versionedTable<never>(table()).save({ id: "1", version: 0, at: new Date(0) } as never)),
    ],
    ["a number that is none", "VALUE_UNSTORABLE", /permanent\.test/, () => marshall({ n: Number.NaN })],
    ["a list with a hole", "VALUE_UNSTORABLE", /permanent\.test/, () => marshall({ list: [undefined] })],
  ])("G6: %s", async (_, code, detail, work) => {
    const { batchItemFailures, deadLetters } = await run(async (unit) => void (await work(unit)));
    expect(batchItemFailures).toEqual([]);
    expect(deadLetters).toMatchObject([{ attributes: { ReasonCode: code, ReceiveCount: "1" } }]);
    expect(deadLetters[0]?.attributes.ReasonDetail).toMatch(detail);
    expect(deadLetters[0]?.attributes.ReasonDetail).not.toContain(secret);
  });
});

describe("a transient error is retried", () => {
  it.each<[string, () => unknown]>([
    ["an exception of the handler", () => Reflect.apply(undefined as never, undefined, [])],
    ["a range error", () => new Array(-1)],
    ["a validation of the handler's own", () => fail("ValidationError")],
    ["a permission that is missing", () => fail("AccessDeniedException", { $metadata: {} })],
    ["credentials", () => fail("ExpiredTokenException", { $metadata: {} })],
    ["a key that is disabled", () => fail("KmsDisabled", { $metadata: {} })],
    [
      "a token used for another request",
      () => fail("IdempotentParameterMismatchException", { $metadata: {} }),
    ],
    ["a condition that failed", () => fail("ConditionalCheckFailedException", { $metadata: {} })],
    ["a retry that was asked for, whatever its cause", () => retryLater()],
  ])("G11: %s", async (_, work) => {
    const { batchItemFailures, deadLetters } = await run(async () => void (await work()));
    expect(batchItemFailures).toHaveLength(1);
    expect(deadLetters).toEqual([]);
  });
});

describe("an error of the SDK", () => {
  it("is known by the reasons of a cancelled transaction, too", async () => {
    const Item = { id: { N: "1" } };
    const TransactItems = [{ Put: { TableName: process.env.STANDARD_TABLE, Item } }];
    const error = await dynamodb()
      .send(new TransactWriteItemsCommand({ TransactItems }))
      .catch((thrown: unknown) => thrown);
    expect(permanentReason(error)).toMatchObject({
      code: "REQUEST_REFUSED",
      detail: expect.stringContaining("the key attribute id must be S, got N"),
    });
    const CancellationReasons = [{ Code: "None" }, { Code: "ItemCollectionSizeLimitExceeded" }];
    const full = new TransactionCanceledException({ message: "", $metadata: {}, CancellationReasons });
    expect(permanentReason(full)?.code).toBe("REQUEST_REFUSED");
    const raced = { message: "", $metadata: {}, CancellationReasons: [{ Code: "ConditionalCheckFailed" }] };
    expect(permanentReason(new TransactionCanceledException(raced))).toBeUndefined();
  });

  it("S10: is never quoted: its text may have values", () => {
    const message = `The parameter cannot be converted to a numeric value: ${secret}`;
    const error = Object.assign(new Error(message), { name: "ValidationException", $metadata: {} });
    expect(permanentReason(error)?.detail).not.toContain(secret);
  });
});

async function run(work: (unit: UnitOfWork) => Promise<void>) {
  const handler = consumer(contract({ name: "permanent", accepts: [Ping], publishes: [] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async (_message, unit) => work(unit));
  const record = anSqsRecord(asciiJson(anEnvelope({ type: Ping.type, data: {} })));
  const { batchItemFailures } = await handler(anSqsEvent(record), aContext());
  return { batchItemFailures, deadLetters: await world.drain(world.output("StandardDeadLetterQueueUrl")) };
}

function fail(name: string, more: object = {}): never {
  throw Object.assign(new Error(secret), { name, ...more });
}

function retryLater(): never {
  const cause = Object.assign(new Error(""), { name: "ValidationException", $metadata: {} });
  throw new RetryLater("CARRIER_DOWN", 5, { cause });
}

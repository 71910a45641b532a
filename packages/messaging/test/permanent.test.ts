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
import { noteCall } from "../src/core/called.ts";
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
      /^\S+Table\S*: the key attribute id must be S, got N \(ValidationError\)$/,
      (unit) => unit.write(put({ id: { N: "1" } })),
    ],
    [
      "a write of nothing",
      "COMMIT_REFUSED",
      /^a write must be a Put, an Update, a Delete or a ConditionCheck, with its table and its item$/,
      (unit) => unit.write({}),
    ],
    [
      "a number of a message that is none",
      "PUBLISH_INVALID",
      /^sequence must be a whole number from 1 to 9007199254740991, got 0$/,
      (unit) => unit.publish(Ping.from({}), { sequence: 0 }),
    ],
    [
      "a version that no item has",
      "VALUE_UNSTORABLE",
      /version must be the number that was read, 0 for a new item$/,
      (unit) => unit.write(versionedTable<never>(table()).save({ id: "1", version: 0.1 } as never)),
    ],
    [
      "an attribute that an assignment would make a prototype",
      "VALUE_UNSTORABLE",
      /an attribute named __proto__$/,
      (unit) =>
        unit.write(
          versionedTable<never>(table()).save(JSON.parse('{"id":"1","version":0,"__proto__":{}}') as never),
        ),
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
    ["an error without a name", () => fail(undefined as never, { $metadata: {} })],
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

describe("a value that marshall refuses", () => {
  it.each<[string, unknown]>([
    ["a Date", new Date(0)],
    ["no number", Number.NaN],
    ["a number beyond the safe ones", 2 ** 53],
    ["a number below the safe ones", -(2 ** 53)],
    ["a hole", [undefined]],
    ["an empty set", new Set()],
    ["a set of truths", new Set([true])],
  ])("G6: is permanent, and is not confused with an error that quotes it: %s", (_what, value) => {
    const error = refusalOf(() => marshall({ value }));
    expect(permanentReason(error)).toMatchObject({
      code: "VALUE_UNSTORABLE",
      detail: expect.stringMatching(/^a value that DynamoDB cannot hold/),
      cause: error,
    });
    expect(permanentReason(new Error(`The carrier says: ${error.message}`))).toBeUndefined();
  });
});

describe("an error that AWS documents", () => {
  it.each([
    "ValidationException",
    "SerializationException",
    "ItemCollectionSizeLimitExceededException",
    "InvalidParameterValueException",
    "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "AWS.SimpleQueueService.EmptyBatchRequest",
    "AWS.SimpleQueueService.InvalidBatchEntryId",
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "AWS.SimpleQueueService.UnsupportedOperation",
    "ValidationError",
    "InvalidParameterValue",
    "MissingParameter",
    "MissingRequiredParameterException",
    "InvalidMessageContents",
    "InvalidAttributeName",
    "InvalidAttributeValue",
    "EntityTooLarge",
    "KeyTooLongError",
    "InvalidBucketName",
    "InvalidArgument",
    "MetadataTooLarge",
    "InvalidParameterException",
    "InvalidParameterCombination",
    "RequestEntityTooLargeException",
  ])("G6: is permanent when the request is refused for its content: %s", (name) => {
    const reason = permanentReason(ofAws("", name));
    expect(reason).toMatchObject({ code: "REQUEST_REFUSED", detail: `refused for its content (${name})` });
  });

  it.each([
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "NoSuchBucket",
  ])("G6: is permanent when there is no such resource: %s", (name) => {
    expect(permanentReason(ofAws("", name))).toMatchObject({
      code: "RESOURCE_UNKNOWN",
      detail: "does not exist",
    });
  });

  it.each([
    ["Type mismatch for key id expected: S actual: N", "the key attribute id must be S, got N"],
    [
      "Type mismatch for Index Key by-day Expected: S Actual: NULL IndexName: days",
      "the key attribute by-day must be S, got NULL",
    ],
    ["Missing the key order.id in the item", "the key attribute order.id is missing"],
    [
      "The provided key element does not match the schema",
      "the key's attributes differ from the table's key",
    ],
    [
      "The AttributeValue for a key attribute cannot contain an empty string value. Key: id",
      "the key attribute id is an empty string",
    ],
    ["Item size to update has exceeded the maximum allowed size", "the item is larger than 400 KB"],
    ["Item size has exceeded the maximum allowed size", "the item is larger than 400 KB"],
    ["Nesting Levels have exceeded supported limits", "a value is nested deeper than 32 levels"],
    ["Attempting to store more than 38 significant digits in a Number", "a number has more than 38 digits"],
    ["a number with magnitude larger than supported range", "a number has more than 38 digits"],
    ["Number overflow", "a number has more than 38 digits"],
    [
      "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status",
      "status is a reserved word: give it a #name",
    ],
    ["Invalid KeyConditionExpression: Syntax error", "the KeyConditionExpression is invalid"],
    ["Invalid FilterExpression: Syntax error", "the FilterExpression is invalid"],
    ["Reason: Message must be shorter than 1048576 bytes.", "more than 1048576 bytes"],
  ])("S10: names the attribute, the type or the limit that is wrong: %s", (message, hint) => {
    const reason = permanentReason(ofAws(`1 parameter value of ${secret} was invalid: ${message}`));
    expect(reason?.detail).toBe(`${hint} (ValidationException)`);
  });

  it("says of which call and is the cause, also of a call without a resource", () => {
    const [some, none] = [ofAws(""), ofAws("")];
    noteCall(some, { commandName: "PutItemCommand", input: { TableName: "orders" }, site: undefined });
    noteCall(none, { commandName: "ListTablesCommand", input: {}, site: undefined });
    const hint = "refused for its content (ValidationException)";
    expect(permanentReason(some)).toMatchObject({ detail: `PutItem orders: ${hint}`, cause: some });
    expect(permanentReason(none)).toMatchObject({ detail: `ListTables: ${hint}`, cause: none });
  });

  it.each([undefined, null, "ValidationException", { name: "ValidationException", $metadata: {} }])(
    "is an error: %j is none",
    (thrown) => {
      expect(permanentReason(thrown)).toBeUndefined();
    },
  );

  it("S10: is looked through for what is wrong up to 2,000 characters", () => {
    const hint = (length: number) =>
      permanentReason(ofAws("Nesting Levels".padStart(length)))?.detail.split(" (")[0];
    expect(hint(2_000)).toBe("a value is nested deeper than 32 levels");
    expect(hint(2_001)).toBe("refused for its content");
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
  const handler = consumer(contract({ name: "permanent", accepts: [Ping], publishes: [Ping] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async (_message, unit) => work(unit));
  const record = anSqsRecord(asciiJson(anEnvelope({ type: Ping.type, data: {} })));
  const { batchItemFailures } = await handler(anSqsEvent(record), aContext());
  return { batchItemFailures, deadLetters: await world.drain(world.output("StandardDeadLetterQueueUrl")) };
}

function refusalOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it was not refused");
}

function ofAws(message: string, name = "ValidationException"): Error {
  return Object.assign(new Error(message), { name, $metadata: {}, stack: "" });
}

function fail(name: string, more: object = {}): never {
  throw Object.assign(new Error(secret), { name, ...more });
}

function retryLater(): never {
  const cause = Object.assign(new Error(""), { name: "ValidationException", $metadata: {} });
  throw new RetryLater("CARRIER_DOWN", 5, { cause });
}

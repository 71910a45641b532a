import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { afterEach, beforeEach, expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import type { Delivery, MessageMiddleware } from "../src/commit/delivery.ts";
import { type Received, receive } from "../src/commit/received.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { queueOrder } from "../src/receive/queue-order.ts";
import { processRedelivered } from "../src/receive/redelivery.ts";

const queue = {
  consumer: "ship-order",
  queueUrl: "https://sqs/orders",
  deadLetterQueueUrl: "https://sqs/dead",
  evidenceTable: "evidence",
  attemptsMax: 5,
};

let deleted: {
  readonly QueueUrl?: string;
  readonly Entries?: readonly { readonly ReceiptHandle: string }[];
}[];
let asked: Delivery[];
let tables: string[];

beforeEach(() => {
  process.env.AWS_REGION ??= "eu-central-1";
  deleted = [];
  asked = [];
  tables = [];
  dynamodb().middlewareStack.add(
    () =>
      async ({ input }) => {
        tables.push(...Object.keys((input as { RequestItems?: object }).RequestItems ?? {}));
        return { response: {}, output: { Responses: {} } as never };
      },
    {
      name: "answers",
      step: "initialize",
      override: true,
    },
  );
  sqs().middlewareStack.add(
    () => async (args) => {
      deleted.push(args.input as never);
      const Failed = [{ Id: "0", Code: "Busy", SenderFault: false }];
      return { response: {}, output: { Successful: [], Failed } as never };
    },
    { name: "answers", step: "initialize", override: true },
  );
});
afterEach(() => {
  for (const client of [dynamodb(), sqs()]) client.middlewareStack.remove("answers");
});

it("G5: of a redelivered batch what was done is deleted without a run, and what holds no message is none of it", async () => {
  const [done, open] = ["done", "open"].map((id) => anEnvelope({ id, source: "/tests" }));
  const records = [asciiJson(done), asciiJson(open), "not JSON"].map((body) =>
    anSqsRecord(body, { receiveCount: 3 }),
  );
  for (const [index, record] of records.entries()) record.receiptHandle = `receipt ${index}`;
  const received = records.map(receive);
  const middlewares: MessageMiddleware[] = [
    {
      find: async (delivery) => {
        asked.push(delivery);
        return delivery.message.id === "done" ? { kind: "duplicate" } : undefined;
      },
    },
  ];
  const processed: string[] = [];
  const process = async (items: readonly Received[]) => {
    processed.push(...items.map(({ record }) => record.body));
    return [];
  };
  const order = await queueOrder(queue, received, (() => undefined) as never);
  const deadlineMs = Date.now() + 60_000;
  const lines = await linesOf(async () => {
    expect(await processRedelivered({ queue, order, middlewares, deadlineMs, process })).toEqual([]);
  });
  expect(tables).toEqual(["evidence"]);
  expect(processed).not.toContain(asciiJson(done));
  expect(processed.sort()).toEqual([asciiJson(open), "not JSON"].sort());
  expect(asked.map(({ message }) => message.id).sort()).toEqual(["done", "open"]);
  expect(asked[0]).toMatchObject({ consumer: "ship-order", deadlineMs, sqsMessage: { receiveCount: 3 } });
  expect(asked[0]?.unit.of).toMatchObject({ contract: { name: "ship-order", publishes: [] } });
  expect(deleted[0]).toMatchObject({ QueueUrl: queue.queueUrl, Entries: [{ ReceiptHandle: "receipt 0" }] });
  const about = { consumer: "ship-order" };
  expect(lines.filter(({ code }) => code === "DUPLICATE")).toMatchObject([
    { ...about, level: "INFO", receiveCount: 3, messageId: "done" },
  ]);
  expect(lines.find(({ code }) => code === "DELETE_FAILED")).toMatchObject({
    ...about,
    level: "WARN",
    records: 1,
    errorCode: "Busy",
  });
});

it("Q3: on a standard queue records have an order only when they are copies of one message", async () => {
  const bodies = [
    { source: "/a", id: "1" },
    { source: "/a", id: "1" },
    { source: "/a", id: "2" },
    { source: "/b", id: "1" },
  ].map((each) => asciiJson(anEnvelope(each)));
  const received = [...bodies, "not JSON", "not JSON"].map((body) => receive(anSqsRecord(body)));
  const order = await queueOrder(queue, received, (() => undefined) as never);
  expect(order).toMatchObject({ inOrder: false, received });
  const keys = received.map(order.keyOf);
  expect(keys[1]).toBe(keys[0]);
  expect(new Set(keys).size).toBe(5);
  const [first] = received as [Received];
  expect([await order.admit(first), await order.lift(first), order.failureOf(first)]).toEqual([
    undefined,
    undefined,
    {},
  ]);
});

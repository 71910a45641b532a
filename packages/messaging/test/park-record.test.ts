import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { s3 } from "../src/aws/s3-client.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { setClock } from "../src/core/clock.ts";
import { Park } from "../src/core/outcome.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { traceOf, traceparentOf } from "../src/observe/trace.ts";
import { parkRecord } from "../src/receive/park-record.ts";

interface Sent {
  readonly QueueUrl: string;
  readonly MessageBody: string;
  readonly MessageAttributes: Readonly<Record<string, { DataType: string; StringValue: string }>>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

const queue = {
  consumer: "ship-order",
  queueUrl: "https://sqs/orders",
  deadLetterQueueUrl: "https://sqs/orders-dead",
  evidenceTable: "evidence",
  attemptsMax: 5,
};
const reason = new Park("DATA_INVALID", "weight must be a number");
const parkedAt = "2027-01-15T08:00:00.000Z";
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

let sent: Sent[];
let answer: (input: Sent, nth: number) => void;
let store: () => void;

beforeEach(() => {
  process.env.AWS_REGION ??= "eu-central-1";
  delete process.env.PARKED_BUCKET;
  sent = [];
  answer = () => undefined;
  store = () => undefined;
  setClock(() => Date.parse(parkedAt));
  sqs().middlewareStack.add(
    () => async (args) => {
      sent.push(args.input as Sent);
      answer(args.input as Sent, sent.length);
      return { response: {}, output: {} as never };
    },
    { name: "answers", step: "initialize", override: true },
  );
  s3().middlewareStack.add(
    () => async () => {
      store();
      return { response: {}, output: {} as never };
    },
    { name: "answers", step: "initialize", override: true },
  );
});
afterEach(() => {
  for (const client of [sqs(), s3()]) client.middlewareStack.remove("answers");
  delete process.env.PARKED_BUCKET;
  setClock(Date.now)();
});

function attributesOf(): Record<string, string> {
  const { MessageAttributes = {} } = sent.at(-1) ?? {};
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
  );
}

function refused(name: string): never {
  throw Object.assign(new Error(name), { name, $fault: "client", $metadata: { httpStatusCode: 400 } });
}

describe("a dead letter", () => {
  it("G6: says why, where and when, and has what it came with", async () => {
    const message = anEnvelope({ id: "m1" });
    const record = anSqsRecord(asciiJson(message), { receiveCount: 3 });
    record.messageAttributes = { Signature: { dataType: "String", stringValue: "v1" } as never };
    const whole = await parkRecord(queue, record, reason, { isLast: false });
    expect([whole, sent.length]).toEqual(["whole", 1]);
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    expect(sent[0]).toEqual({
      QueueUrl: queue.deadLetterQueueUrl,
      MessageBody: record.body,
      MessageAttributes: {
        ReasonCode: text("DATA_INVALID"),
        ReasonDetail: text("weight must be a number"),
        Consumer: text("ship-order"),
        ReceiveCount: { DataType: "Number", StringValue: "3" },
        FirstReceivedAt: text("2026-01-01T00:00:00.000Z"),
        ParkedAt: text(parkedAt),
        OriginalMessageId: text(record.messageId),
        SourceQueueUrl: text("https://sqs/orders"),
        TraceContext: text(traceparentOf(traceOf(message))),
        Signature: text("v1"),
      },
    });
  });

  it("has only texts that SQS takes: printable, within their length and not empty", async () => {
    const long = { ...queue, consumer: "c".repeat(101), queueUrl: "" };
    const record = anSqsRecord("{}", { receiveCount: Number.NaN });
    record.attributes.ApproximateFirstReceiveTimestamp = "never";
    await parkRecord(long, record, new Park("R".repeat(101), "a\tü\u007f~ ".repeat(101)), { isLast: false });
    expect(attributesOf()).toMatchObject({
      ReasonCode: "R".repeat(100),
      ReasonDetail: "a???~ ".repeat(101).slice(0, 500),
      Consumer: "c".repeat(100),
      ReceiveCount: "1",
      FirstReceivedAt: parkedAt,
      SourceQueueUrl: "-",
    });
  });

  it.each<[name: string, body: string, header: string | undefined, trace: string | undefined]>([
    ["its own", asciiJson({ ...anEnvelope(), traceparent }), "Root=1-2", traceparent],
    ["SQS's, when it has none", asciiJson(anEnvelope()), "Root=1-2", "Root=1-2"],
    ["SQS's, when its own is none", asciiJson({ ...anEnvelope(), traceparent: "x" }), "Root=1-2", "Root=1-2"],
    ["SQS's, when it is no message of ours", "not JSON", "Root=1-2", "Root=1-2"],
    ["none, when it is no message of ours", "not JSON", undefined, undefined],
    ["no more of SQS's than anybody reads", "not JSON", "R".repeat(501), "R".repeat(500)],
  ])("has a trace: %s", async (_, body, header, trace) => {
    const record = anSqsRecord(body);
    if (header) record.attributes.AWSTraceHeader = header;
    await parkRecord(queue, record, reason, { isLast: false });
    expect(attributesOf().TraceContext).toBe(trace);
  });

  it("G4: of a FIFO queue is in its group, and is one however often it is parked", async () => {
    const record = anSqsRecord("{}", { group: "order 1" });
    const fifo = { ...queue, deadLetterQueueUrl: "https://sqs/dead.fifo" };
    await parkRecord(fifo, record, reason, { isLast: false });
    expect(sent).toMatchObject([{ MessageGroupId: "order 1", MessageDeduplicationId: record.messageId }]);
  });

  it("G6: that SQS refuses for what it is becomes a stub, and then what it came as; an outage is none", async () => {
    process.env.PARKED_BUCKET = "parked";
    const record = anSqsRecord("a message");
    record.messageAttributes = { Own: { dataType: "String", stringValue: "1" } as never };
    answer = (_, nth) => nth < 2 && refused("InvalidParameterValue");
    let form: unknown;
    const park = () =>
      linesOf(async () => {
        form = await parkRecord(queue, record, reason, { isLast: false });
      });
    const line = {
      level: "WARN",
      code: "PARK_REFUSED",
      consumer: "ship-order",
      errorCode: "InvalidParameterValue",
    };
    expect(await park()).toMatchObject([line]);
    expect([form, sent.length]).toEqual(["stub", 2]);
    expect(attributesOf()).toMatchObject({
      ReasonCode: "DATA_INVALID",
      ParkedBody: expect.stringMatching(/^s3:\/\/parked\/parked\/tested\//),
    });
    expect(sent[1]?.MessageAttributes.ParkedBody?.DataType).toBe("String");
    expect(sent[1]?.MessageBody).toContain("9");

    sent = [];
    answer = (_, nth) => nth < 3 && refused("InvalidParameterValue");
    expect(await park()).toMatchObject([line, line]);
    expect(form).toBe("bare");
    expect(sent[2]).toMatchObject({ MessageBody: "a message" });
    expect(attributesOf()).toEqual({ Own: "1" });

    answer = () => {
      throw Object.assign(new Error("no answer"), { name: "TimeoutError" });
    };
    sent = [];
    await expect(park()).rejects.toThrow("no answer");
    expect(sent).toHaveLength(1);

    delete process.env.PARKED_BUCKET;
    sent = [];
    answer = (_, nth) => nth < 2 && refused("InvalidParameterValue");
    expect((await park()).map(({ code }) => code)).toEqual(["PARK_REFUSED"]);
    expect(form).toBe("bare");
  });

  it("G6: whose bucket does not take it waits for it, unless it never will or this was its last attempt", async () => {
    process.env.PARKED_BUCKET = "parked";
    const record = anSqsRecord("a message");
    const park = async (isLast: boolean, failure: () => void) => {
      sent = [];
      answer = (_, nth) => nth < 2 && refused("InvalidParameterValue");
      store = failure;
      let form: unknown;
      const lines = await linesOf(async () => {
        form = await parkRecord(queue, record, reason, { isLast }).catch(({ name }) => name);
      });
      return [form, lines.at(-1)];
    };
    const outage = () => {
      throw Object.assign(new Error("slow"), { name: "TimeoutError" });
    };
    const line = (errorCode: string) =>
      expect.objectContaining({ level: "ERROR", code: "PARKED_BODY_NOT_STORED", errorCode });
    expect(await park(false, outage)).toEqual(["TimeoutError", line("TimeoutError")]);
    expect(await park(true, outage)).toEqual(["bare", line("TimeoutError")]);
    expect(await park(false, () => refused("ValidationException"))).toEqual([
      "bare",
      line("ValidationException"),
    ]);
  });
});

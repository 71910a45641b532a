import { createHash } from "node:crypto";
import { PutObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { s3 } from "../src/aws/s3-client.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { setPast } from "../src/commit/received.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { subscription } from "../src/envelope/subscription.ts";
import { settleFailure } from "../src/receive/failed-record.ts";
import { cameWith, messageBytesMax, parkOf } from "../src/receive/park-attributes.ts";
import { isStub, restored } from "../src/receive/parked-body.ts";

const reason = new Park("DATA_INVALID", "x".repeat(400));
const signature = { Signature: attribute("v1.k1.mac") };

let world: World;
let bucket: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  bucket = process.env.PARKED_BUCKET ?? "";
});
afterEach(() => {
  process.env.PARKED_BUCKET = bucket;
});
afterAll(() => world.stop());

describe("a message that leaves little room for its reason", () => {
  it.each([
    ["1 KB", 1_024, "whole"],
    ["what the least takes", 70, "whole"],
    ["nothing", 0, "stub"],
  ])(
    "G6: is parked on the first try when it leaves %s, and can be restored byte for byte",
    async (_, room, form) => {
      const body = bodyOf(messageBytesMax - room - 24);
      const { deadLetter } = await parked(body, signature);
      expect(isStub(deadLetter)).toBe(form === "stub");
      expect(parkOf(deadLetter).ReasonCode).toBe("DATA_INVALID");
      const back = await restored(deadLetter, { bucket });
      expect(back.Body).toBe(body);
      expect(cameWith(back)).toEqual({ Signature: { DataType: "String", StringValue: "v1.k1.mac" } });
    },
  );

  it("G6: is a stub when its own attributes fit in no form, and they come back exactly", async () => {
    const sent = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [`ReasonCode${n}`, attribute("ü".repeat(50_000))]),
    );
    const { deadLetter } = await parked("{}", {
      ...sent,
      ReasonCode9: undefined as never,
      ReasonCode: attribute("MINE"),
    });
    expect(isStub(deadLetter)).toBe(true);
    const back = await restored(deadLetter, { bucket });
    expect(cameWith(back).ReasonCode?.StringValue).toBe("MINE");
    expect(cameWith(back).ReasonCode0?.StringValue).toBe("ü".repeat(50_000));
    expect(Object.keys(cameWith(back))).toHaveLength(10);
  });

  it("G6: is parked without its reason when there is no bucket, and the log has it", async () => {
    delete process.env.PARKED_BUCKET;
    const body = bodyOf(messageBytesMax);
    const { deadLetter, lines } = await parked(body, {});
    expect(deadLetter.Body).toBe(body);
    expect(parkOf(deadLetter)).toEqual({});
    expect(lines.find(({ code }) => code === "PARKED")).toMatchObject({
      level: "WARN",
      form: "bare",
      reasonCode: "DATA_INVALID",
    });
  });

  it("G6: waits for a bucket that does not answer, but not beyond its last receive", async () => {
    const body = bodyOf(messageBytesMax);
    const faults = injectFaults(s3(), { command: "PutObjectCommand", moment: "before" });
    await expect(parked(body, {})).rejects.toThrow();
    const { deadLetter, lines } = await parked(body, {}, { attempts: 4 });
    expect(deadLetter.Body).toBe(body);
    expect(lines).toMatchObject([
      { level: "ERROR", code: "PARKED_BODY_NOT_STORED", errorCode: "TimeoutError" },
      { code: "PARKED", form: "bare" },
    ]);
    faults.remove();
  });

  it("G6: is a stub when the dead-letter queue takes less than the queue does", async () => {
    const { QueueUrl = "" } = await sqs().send(
      new CreateQueueCommand({ QueueName: newId(), Attributes: { MaximumMessageSize: "4096" } }),
    );
    const { deadLetter, lines } = await parked(bodyOf(8_000), {}, { deadLetterQueueUrl: QueueUrl });
    expect(lines).toMatchObject([
      {
        level: "WARN",
        code: "PARK_REFUSED",
        consumer: "x",
        errorCode: "AWS.SimpleQueueService.InvalidParameterValue",
      },
      { code: "PARKED", form: "stub" },
    ]);
    expect((await restored(deadLetter, { bucket })).Body).toBe(bodyOf(8_000));
  });

  it("S9: what looks like a stub and is a sender's own is not read from anywhere", async () => {
    const MessageAttributes = { ParkedBody: attribute(`s3://${bucket}/parked/q/${"x".repeat(43)}`) };
    const own = { Body: "{}", MessageAttributes } as unknown as Message;
    expect(await restored(own, { bucket })).toBe(own);
    const foreign = {
      ...own,
      MessageAttributes: { ...MessageAttributes, ReasonCode: attribute("X") },
    } as never;
    await expect(restored(foreign, { bucket: "another" })).rejects.toMatchObject({ code: "DATAREF_FOREIGN" });
    await expect(restored(foreign, { bucket })).rejects.toMatchObject({
      code: "DATAREF_MISSING",
      detail: `no object parked/q/${"x".repeat(43)} in ${bucket}`,
    });
  });

  it("S9: a reference is read only when it names an object of parked messages, with the hash of what it says", async () => {
    const key = `parked/q/${"x".repeat(43)}`;
    const { s3: client } = world.clients;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "{}" }));
    const codeOf = (reference: string) => {
      const MessageAttributes = { ReasonCode: attribute("X"), ParkedBody: attribute(reference) };
      return restored({ Body: "{}", MessageAttributes }, { bucket }).catch(({ code }) => code);
    };
    expect(await codeOf(`s3://${bucket}/${key}`)).toBe("DATAREF_ALTERED");
    const others = [
      "",
      key,
      `xs3://${bucket}/${key}`,
      `s3://${bucket}/${key}/x`,
      `s3://${bucket}/claims/q/${key}`,
    ];
    for (const reference of others) expect(await codeOf(reference), reference).toBe("DATAREF_FOREIGN");
  });

  it("G6: is stored with its hash, which S3 compares", async () => {
    const puts: PutObjectCommandInput[] = [];
    s3().middlewareStack.add(
      (next) => (args) => {
        puts.push(args.input as PutObjectCommandInput);
        return next(args);
      },
      { name: "puts", step: "initialize" },
    );
    await parked(bodyOf(messageBytesMax), {});
    s3().middlewareStack.remove("puts");
    const [{ Body, ChecksumSHA256 } = {}] = puts;
    expect(ChecksumSHA256).toBe(
      createHash("sha256")
        .update(Body as Buffer)
        .digest("base64"),
    );
  });
});

it("G6: the reason is cut to what SQS takes and an operator reads, and says where the message came from", async () => {
  const record = anSqsRecord("{}", { receiveCount: 3 });
  record.attributes.ApproximateFirstReceiveTimestamp = "1767225600123";
  const queue = subscription("x");
  const parkedFor = async (park: Park) => {
    await settleFailure(queue, record, park, {});
    return parkOf(await received(queue.deadLetterQueueUrl));
  };
  expect(await parkedFor(new Park("C".repeat(200), `é\n${"x".repeat(900)}`))).toEqual({
    ReasonCode: "C".repeat(100),
    ReasonDetail: `??${"x".repeat(498)}`,
    Consumer: "x",
    ReceiveCount: "3",
    FirstReceivedAt: "2026-01-01T00:00:00.123Z",
    ParkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    OriginalMessageId: record.messageId,
    SourceQueueUrl: queue.queueUrl,
  });
  record.attributes.ApproximateFirstReceiveTimestamp = "long ago";
  record.attributes.ApproximateReceiveCount = "often";
  const parked = await parkedFor(new Park("CODE", ""));
  expect(parked).toMatchObject({ ReasonDetail: "-", ReceiveCount: "1" });
  expect(Date.now() - Date.parse(parked.FirstReceivedAt ?? "")).toBeLessThan(60_000);
});

it("S9: an invalid attribute of a sender, made to look folded, does not keep a message from being parked", async () => {
  const OriginalAttributes = attribute('[["AWS.forged","String","1"],["a","Number","no number"]]');
  const { deadLetter } = await parked("{}", { OriginalAttributes });
  expect(parkOf(deadLetter).ReasonCode).toBe("DATA_INVALID");
  expect(cameWith(deadLetter).OriginalAttributes?.StringValue).toBe(OriginalAttributes.StringValue);
});

it("G6: attributes that a sender gave names of ours are not the kit's word when SQS moves the message", async () => {
  const { sqs: client } = world.clients;
  const { deadLetterQueueUrl } = subscription("x");
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 1 });
  const { QueueUrl: queueUrl = "" } = await client.send(
    new CreateQueueCommand({ QueueName: newId(), Attributes: { RedrivePolicy } }),
  );
  const MessageAttributes = { ReasonCode: attribute("PAID"), ParkedAt: attribute("2020-01-01T00:00:00Z") };
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "forged", MessageAttributes }));
  for (let receive = 1; receive <= 2; receive++) {
    await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, VisibilityTimeout: 0 }));
  }
  const deadLetter = await received(deadLetterQueueUrl);
  expect(deadLetter.Body).toBe("forged");
  expect(parkOf(deadLetter)).toEqual({});
  expect(Object.keys(cameWith(deadLetter)).sort()).toEqual(["ParkedAt", "ReasonCode"]);
});

async function parked(
  body: string,
  attributes: Record<string, { DataType: string; StringValue: string }>,
  { attempts = 0, deadLetterQueueUrl = subscription("x").deadLetterQueueUrl } = {},
) {
  const messageAttributes = Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([name, { DataType, StringValue }]) => [name, { dataType: DataType, stringValue: StringValue }]),
  );
  const record = { ...anSqsRecord(body), messageAttributes } as ReturnType<typeof anSqsRecord>;
  setPast(record, { attempts, waits: 0 });
  const queue = { ...subscription("x"), deadLetterQueueUrl };
  const lines = await linesOf(async () => {
    expect(await settleFailure(queue, record, reason, {})).toBe(true);
  });
  return { deadLetter: await received(deadLetterQueueUrl), lines };
}

async function received(queueUrl: string): Promise<Message> {
  const { Messages: [deadLetter = {}] = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
      WaitTimeSeconds: 2,
    }),
  );
  return deadLetter;
}

function bodyOf(bytes: number): string {
  return "b".repeat(bytes);
}

function attribute(StringValue: string) {
  return { DataType: "String", StringValue };
}

import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { SQSRecord } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { sqs } from "../src/aws/sqs-client.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Asked = messageType({ type: "tests.asked.v1", schema: z.strictObject({}), key: () => "all" });
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

let world: World;
let faults: Faults | undefined;
let record: SQSRecord;
let refusing: boolean;
let effects: number;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  record = anSqsRecord(asciiJson(anEnvelope({ ...Asked.from({}), id: newId(), traceparent })));
  refusing = true;
  effects = 0;
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a dead letter", () => {
  it("G6: says what, why, who, how often, since when, from where, and of which trace", async () => {
    await isReturned({ ...record, attributes: { ...record.attributes, ApproximateReceiveCount: "3" } });
    const [parkedMessage] = await world.drain(deadLetters());
    expect(parkedMessage).toEqual({
      body: record.body,
      attributes: {
        ReasonCode: "REFUSED",
        ReasonDetail: "not today",
        Consumer: "answer",
        ReceiveCount: "3",
        FirstReceivedAt: "2026-01-01T00:00:00.000Z",
        ParkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        OriginalMessageId: record.messageId,
        SourceQueueUrl: world.output("StandardQueueUrl"),
        TraceContext: traceparent,
      },
    });
  });

  it("has a detail that SQS takes when the handler gave none", async () => {
    const handler = consumer(contract({ name: "answer", accepts: [Asked], publishes: [] })).handler(
      async () => {
        throw new Park("REFUSED", "");
      },
    );
    await handler(anSqsEvent(record), aContext());
    expect((await world.drain(deadLetters()))[0]?.attributes.ReasonDetail).toBe("-");
  });

  it("has X-Ray's trace when it is no message of ours", async () => {
    const AWSTraceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793";
    await isReturned({ ...record, body: "{", attributes: { ...record.attributes, AWSTraceHeader } });
    const [parkedMessage] = await world.drain(deadLetters());
    expect(parkedMessage?.attributes).toMatchObject({ ReasonCode: "NOT_JSON", TraceContext: AWSTraceHeader });
  });
});

describe("between park and acknowledgement", () => {
  it("G6: a message that could not be parked returns to the queue, and is parked when it is redelivered", async () => {
    faults = injectFaults(sqs(), { command: "SendMessageCommand", moment: "before" });
    expect(await isReturned(record)).toBe(true);
    faults.remove();
    expect(await isReturned(record)).toBe(false);
    expect(await world.drain(deadLetters())).toHaveLength(1);
  });

  it("G6: a crash leaves copies, which are one dead letter; redriven, all of them take effect once", async () => {
    faults = injectFaults(sqs(), { command: "SendMessageCommand", moment: "after" }); // parked, and nobody heard
    expect(await isReturned(record)).toBe(true);
    faults.remove();
    expect(await isReturned(record)).toBe(false);
    const copies = await received();
    expect(copies.length).toBeGreaterThan(1);
    expect(deadLettersOf("Answer", copies)).toMatchObject([{ reason: "REFUSED", copies }]);

    refusing = false;
    for (const { Body = "" } of copies) await isReturned(anSqsRecord(Body));
    expect(effects).toBe(1);
  });
});

async function isReturned(given: SQSRecord): Promise<boolean> {
  const handler = consumer(contract({ name: "answer", accepts: [Asked] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async (_message, unit) => {
      if (refusing) throw new Park("REFUSED", "not today");
      const id = newId();
      unit.write({ Put: { TableName: world.output("StandardTable"), Item: { id: { S: id } } } });
    });
  const before = (await world.items(world.output("StandardTable"))).length;
  const { batchItemFailures } = await handler(anSqsEvent(given), aContext());
  effects += (await world.items(world.output("StandardTable"))).length - before;
  return batchItemFailures.length > 0;
}

function deadLetters(): string {
  return world.output("StandardDeadLetterQueueUrl");
}

async function received() {
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLetters(),
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    }),
  );
  return Messages;
}

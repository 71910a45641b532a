import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Ping = messageType({ type: "tests.ping.v1", schema: z.strictObject({ n: z.int() }), key: () => "all" });

let world: World;
let seen: number[];

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  seen = [];
});
afterAll(() => world.stop());

describe("a consumer", () => {
  it("gives the handler the validated message, typed", async () => {
    expect(await receive(bodyOf({ n: 7 }))).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual([7]);
  });

  it.each([
    ["NOT_JSON", "{"],
    ["ENVELOPE_INVALID", "{}"],
    ["TYPE_UNKNOWN", asciiJson(anEnvelope({ type: "tests.unheard-of.v1" }))],
    ["DATA_INVALID", bodyOf({ n: "seven" })],
    ["ASKED", bodyOf({ n: -1 })],
  ])(
    "G5, G6: parks %s with its reason on the first receive, and the neighbours go through",
    async (code, body) => {
      expect(await receive(bodyOf({ n: 1 }), body, bodyOf({ n: 2 }))).toEqual({ batchItemFailures: [] });
      expect(seen).toEqual([1, 2]);
      const parkedMessages = await world.drain(deadLetters());
      expect(parkedMessages).toMatchObject([
        { body, attributes: { ReasonCode: code, Consumer: "ping", ReceiveCount: "1" } },
      ]);
      expect(parkedMessages[0]?.attributes.SourceQueueUrl).toBe(world.output("StandardQueueUrl"));
    },
  );

  it("G5: returns only the record whose handler failed", async () => {
    const bad = anSqsRecord(bodyOf({ n: -2 }));
    const response = await handler(anSqsEvent(anSqsRecord(bodyOf({ n: 1 })), bad), aContext());
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: bad.messageId }] });
    expect(seen).toEqual([1]);
    expect(await world.drain(deadLetters())).toEqual([]);
  });

  it.each([
    [-2, /^5 attempts, last error TypeError at test\/consumer\.test\.ts:\d+:\d+$/],
    [-3, /^5 attempts, last error NOT_NOW$/],
  ])(
    "G6: parks a message after its last attempt with its last error (%i), and quotes no message of a foreign error",
    async (n, detail) => {
      const { messageId } = anSqsRecord("");
      for (let receiveCount = 1; receiveCount <= 5; receiveCount++) {
        const record = { ...anSqsRecord(bodyOf({ n }), { receiveCount }), messageId };
        const { batchItemFailures } = await handler(anSqsEvent(record), aContext());
        expect(batchItemFailures).toHaveLength(receiveCount < 5 ? 1 : 0);
      }
      expect(await world.drain(deadLetters())).toMatchObject([
        {
          attributes: {
            ReasonCode: "RETRIES_EXHAUSTED",
            ReasonDetail: expect.stringMatching(detail),
            ReceiveCount: "5",
          },
        },
      ]);
    },
  );

  it("G11, S10: says where a handler failed, and reads no message of its error, however long and whatever is in it", async () => {
    const [line] = (await linesOf(() => receive(bodyOf({ n: -6 })))).filter(
      ({ code }) => code === "RETRY_LATER",
    );
    expect(line?.at).toMatch(/^test\/consumer\.test\.ts:\d+:\d+$/);
  });

  it("a delay that the handler asks for is the visibility timeout of the message", async () => {
    const queueUrl = world.output("StandardQueueUrl");
    await world.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: bodyOf({ n: -4 }) }),
    );
    const [message] = await poll(queueUrl);
    const record = { ...anSqsRecord(message?.Body ?? ""), receiptHandle: message?.ReceiptHandle ?? "" };
    expect((await handler(anSqsEvent(record), aContext())).batchItemFailures).toHaveLength(1);
    const [again] = await poll(queueUrl);
    expect(again?.MessageId).toBe(message?.MessageId);
  });

  it("G11: a failed message gets the visibility timeout that its handler asks for, not the rest of the queue's", async () => {
    const queueUrl = world.output("StandardQueueUrl");
    await world.drain(queueUrl);
    await world.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: bodyOf({ n: -5 }) }),
    );
    const [message] = await poll(queueUrl, { visibilitySeconds: 1 });
    const record = { ...anSqsRecord(message?.Body ?? ""), receiptHandle: message?.ReceiptHandle ?? "" };
    expect((await handler(anSqsEvent(record), aContext())).batchItemFailures).toHaveLength(1);
    expect(await poll(queueUrl, { waitSeconds: 2 })).toEqual([]);
  });

  it("Q3: copies of a message in one batch run one after the other", async () => {
    let running = 0;
    let most = 0;
    const one = consumer(contract({ name: "one-at-a-time", accepts: [Ping] })).handler(async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
    const body = bodyOf({ n: 1 });
    await one(anSqsEvent(anSqsRecord(body), anSqsRecord(body), anSqsRecord(body)), aContext());
    expect(most).toBe(1);
  });

  it("Q13: returns what it cannot start before the deadline", async () => {
    const record = anSqsRecord(bodyOf({ n: 1 }));
    const response = await handler(anSqsEvent(record), aContext({ remainingMs: 400 }));
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: record.messageId }] });
    expect(seen).toEqual([]);
  });

  it("runs a user's own middy middlewares around each message, outermost first", async () => {
    const steps: string[] = [];
    const wrapped = consumer(contract({ name: "wrapped", accepts: [Ping] }))
      .use({ before: () => void steps.push("outer before"), after: () => void steps.push("outer after") })
      .use({ before: () => void steps.push("inner before"), after: () => void steps.push("inner after") })
      .handler(async () => void steps.push("handler"));
    await wrapped(anSqsEvent(anSqsRecord(bodyOf({ n: 1 }))), aContext());
    expect(steps).toEqual(["outer before", "inner before", "handler", "inner after", "outer after"]);
  });

  it("refuses to load without its environment, naming the variable", () => {
    const { QUEUE_URL: queueUrl } = process.env;
    delete process.env.QUEUE_URL;
    expect(() =>
      consumer(contract({ name: "lost", accepts: [Ping] })).handler(async () => undefined),
    ).toThrow("QUEUE_URL");
    process.env.QUEUE_URL = queueUrl;
  });
});

function receive(...bodies: string[]) {
  return handler(anSqsEvent(...bodies.map((body) => anSqsRecord(body))), aContext());
}

async function handler(...args: Parameters<ReturnType<ReturnType<typeof consumer>["handler"]>>) {
  return pinging()(...args);
}

function pinging() {
  return consumer(contract({ name: "ping", accepts: [Ping] })).handler(async ({ data: { n } }) => {
    if (n === -1) throw new Park("ASKED", "by the test");
    if (n === -2) throw new TypeError("quotes a secret");
    if (n === -3) throw new RetryLater("NOT_NOW");
    if (n === -4) throw new RetryLater("NOT_NOW", 0);
    if (n === -5) throw new RetryLater("NOT_NOW", 60);
    if (n === -6) throw new Error(`quotes a/secret:1:1\n${"x".repeat(300_000)}`);
    seen.push(n);
  });
}

function bodyOf(data: unknown): string {
  return asciiJson(anEnvelope({ type: Ping.type, data }));
}

async function poll(queueUrl: string, { waitSeconds = 1, visibilitySeconds = 30 } = {}) {
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibilitySeconds,
    }),
  );
  return Messages;
}

function deadLetters(): string {
  return world.output("StandardDeadLetterQueueUrl");
}

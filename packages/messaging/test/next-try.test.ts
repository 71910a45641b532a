import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Past, setPast } from "../src/commit/received.ts";
import { setClock } from "../src/core/clock.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import type { Subscription } from "../src/envelope/subscription.ts";
import { nextTry } from "../src/receive/next-try.ts";

const engines = localEngines();
const dayMs = 86_400_000;
const contended = new RetryLater("CONTENDED", undefined, { waited: true });
const failed = new RetryLater("NOT_NOW");
let queue: Subscription;

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
  });
  const dead = await engines.aQueue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: 1_000 });
  const { queueUrl } = await engines.aQueue({ RedrivePolicy });
  const deadLetterQueueUrl = dead.queueUrl;
  queue = { consumer: "tested", queueUrl, deadLetterQueueUrl, evidenceTable: "", attemptsMax: 5 };
});

it("G6: waits use up no attempt, however many, and attempts do", async () => {
  const record = received({ receives: 400, attempts: 4, waits: 395 });
  expect(await nextTry(queue, record, contended)).toMatchObject({ waited: true });
  expect(await nextTry(queue, record, failed)).toMatchObject({ code: "RETRIES_EXHAUSTED" });
  expect(await nextTry(queue, received({ receives: 400, attempts: 3 }), failed)).toMatchObject({
    waited: false,
  });
});

it.each([
  ["ProvisionedThroughputExceededException", true],
  ["TransactionConflictException", true],
  ["RequestThrottled", true],
  ["TypeError", false],
  ["TimeoutError", false],
])("a %s that is no error of the kit is a wait: %s", async (name, waited) => {
  const error = Object.assign(new Error(), { name });
  expect(await nextTry(queue, received(), error)).toMatchObject({ waited });
});

it("G6: parks with what it waited for before SQS moves it without a reason", async () => {
  expect(await nextTry(queue, received({ receives: 999 }), contended)).toMatchObject({ waited: true });
  expect(await nextTry(queue, received({ receives: 1_000 }), contended)).toMatchObject({
    code: "WAITED_TOO_LONG",
    detail: "1000 receives, the queue's maximum, last wait CONTENDED",
  });
});

it("G6: parks before the queue forgets the message, and asks for no delay beyond that", async () => {
  const gone = await nextTry(queue, received({ receives: 9, ageMs: 3.6 * dayMs }), contended);
  expect(gone).toBeInstanceOf(Park);
  const lastly = new Park("SEQUENCE_GAP", "1 is missing");
  const ahead = new RetryLater("SEQUENCE_AHEAD", 2, { waited: true, lastly });
  expect(await nextTry(queue, received({ ageMs: 3.6 * dayMs }), ahead)).toBe(lastly);
  const late = await nextTry(queue, received({ ageMs: 3.49 * dayMs }), new RetryLater("BUSY", 40_000));
  expect(late).toMatchObject({ waited: false });
  expect((late as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThan(1_000);
});

it("takes a time that no message of the queue can have for no time", async () => {
  expect(await nextTry(queue, received({ receives: 9, ageMs: 300 * dayMs }), contended)).toMatchObject({
    waited: true,
  });
});

it("G11: pauses grow with the waits, and stay as long as was asked for", async () => {
  const asked = new RetryLater("LEASE_HELD", 7, { waited: true });
  expect(await nextTry(queue, received({ receives: 3 }), asked)).toMatchObject({ retryAfterSeconds: 7 });
  const pauses = await Promise.all(
    Array.from({ length: 40 }, async () => nextTry(queue, received({ receives: 60 }), contended)),
  );
  const seconds = pauses.map((pause) => (pause as { retryAfterSeconds: number }).retryAfterSeconds);
  expect(Math.max(...seconds)).toBeGreaterThan(100);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(900);
});

it("G13: an appointment is kept to the second, after however many waits", async () => {
  const kept = { "limit#api#rate": 1 };
  for (const receives of [2, 60, 400]) {
    const due = new RetryLater("RATE_LIMITED", 37, { waited: true, kept });
    const next = await nextTry(queue, received({ receives, waits: receives - 1 }), due);
    expect(next).toMatchObject({ retryAfterSeconds: 37, waited: true });
  }
});

it.each([
  { retention: "345600", receivesMax: 1_000, asked: 1 },
  { retention: "345600", receivesMax: 1_000, asked: undefined },
  { retention: "864000", receivesMax: 1_000, asked: 1 },
  { retention: "3600", receivesMax: 1_000, asked: 0 },
  { retention: "864000", receivesMax: 100, asked: 30 },
])("G6, G11: time ends the waits of a message, and never the number of its receives: %o", async (given) => {
  const { retention, receivesMax, asked } = given;
  const dead = await engines.aQueue();
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: receivesMax });
  const { queueUrl } = await engines.aQueue({ RedrivePolicy, MessageRetentionPeriod: retention });
  for (const kept of [undefined, { appointment: 1 }]) {
    const wait = new RetryLater("BUSY", asked, { waited: true, ...(kept && { kept }) });
    let ageMs = 0;
    let receives = 1;
    const begunMs = Date.now();
    onTestFinished(setClock(() => begunMs + ageMs));
    for (;;) {
      const record = anSqsRecord("a message", { receiveCount: receives });
      record.attributes.SentTimestamp = String(begunMs);
      record.attributes.ApproximateFirstReceiveTimestamp = String(begunMs);
      setPast(record, { attempts: 0, waits: receives - 1 });
      const next = await nextTry({ ...queue, queueUrl }, record, wait);
      if (next instanceof Park) {
        expect(next).toMatchObject({
          code: "WAITED_TOO_LONG",
          detail: expect.stringMatching(/until its retention ended/),
        });
        break;
      }
      ageMs += next.retryAfterSeconds * 1_000 + 50; // and a moment for each delivery
      receives++;
    }
    expect(receives).toBeLessThan(receivesMax);
    expect(ageMs).toBeLessThan((Number(retention) * 1_000 * 15) / 16);
  }
});

it("G6: of a queue that does not say its limits, expects no more than it was told", async () => {
  const mute = { ...queue, queueUrl: `${queue.queueUrl}-gone` };
  const lines = await linesOf(async () => {
    expect(await nextTry(mute, received({ receives: 5 }), failed)).toBeInstanceOf(Park);
    expect(await nextTry(mute, received({ receives: 5 }), contended)).toMatchObject({ waited: true });
  });
  expect(lines.map(({ code }) => code)).toContain("QUEUE_LIMITS_UNREAD");
});

describe("in a line", () => {
  const ahead = (ahead: number) =>
    new RetryLater("SEQUENCE_AHEAD", Math.ceil(ahead / 20), { waited: true, ahead });

  it("G11: comes back when the line has come as far as it seems, at most twice as fast as it did", async () => {
    const now = Date.now();
    onTestFinished(setClock(() => now)); // a busy machine must not count as time in the line
    const line = { firstAhead: 900, firstMs: now - 100_000, ahead: 500 };
    const record = received({ receives: 9, waits: 8, line });
    expect(await nextTry(queue, record, ahead(400))).toMatchObject({ retryAfterSeconds: 40, waited: true });
  });

  it("G4: near to the front it is redelivered soon, so that no message behind it has to wait", async () => {
    const line = { firstAhead: 25, firstMs: Date.now() - 100_000, ahead: 25 };
    const record = received({ receives: 90, waits: 89, line });
    expect(await nextTry(queue, record, ahead(20))).toMatchObject({ retryAfterSeconds: 1, waited: true });
  });

  it("G11: pauses grow only while nothing moves", async () => {
    const line = { firstAhead: 5, firstMs: Date.now() - 100_000, ahead: 5 };
    const seconds = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const next = await nextTry(queue, received({ receives: 90, waits: 59, line }), ahead(5));
        return (next as { retryAfterSeconds: number }).retryAfterSeconds;
      }),
    );
    expect(Math.max(...seconds)).toBeGreaterThan(100);
  });
});

interface Received extends Partial<Past> {
  readonly receives?: number;
  readonly ageMs?: number;
}

function received({ receives = 1, attempts = 0, waits = 0, line, ageMs = 0 }: Received = {}) {
  const record = anSqsRecord("a message", { receiveCount: receives });
  record.attributes.SentTimestamp = String(Date.now() - ageMs);
  setPast(record, { attempts, waits, line });
  return record;
}

import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { type Past, setPast } from "../src/commit/received.ts";
import { nowMs, setClock } from "../src/core/clock.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { isWait } from "../src/core/waits.ts";
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
  expect(await nextTry(queue, record, failed)).toMatchObject({
    code: "RETRIES_EXHAUSTED",
    detail: "5 attempts, last error NOT_NOW",
    cause: failed,
  });
  expect(await nextTry(queue, received({ receives: 400, attempts: 3 }), failed)).toMatchObject({
    waited: false,
  });
});

it("says since when a message waits, and never that it is still to come", async () => {
  const now = atRest();
  const record = received();
  record.attributes.ApproximateFirstReceiveTimestamp = String(now - 90_400);
  expect(await nextTry(queue, record, failed)).toMatchObject({ waitedSeconds: 90 });
  record.attributes.ApproximateFirstReceiveTimestamp = String(now + 90_400);
  expect(await nextTry(queue, record, failed)).toMatchObject({ waitedSeconds: 0 });
});

it.each([
  { receives: 2, ageMs: 0, asked: 1, isRead: false },
  { receives: 3, ageMs: 0, asked: 1, isRead: true },
  { receives: 1, ageMs: 499, asked: 52, isRead: false },
  { receives: 1, ageMs: 500, asked: 52, isRead: true },
  { receives: 1, ageMs: 0, asked: 53, isRead: true },
])("G11: the limits of a queue are read only where one could be near: %o", async (given) => {
  atRest();
  const mute = { ...queue, queueUrl: `${queue.queueUrl}-never-was` };
  const lines = await linesOf(() => nextTry(mute, received(given), new RetryLater("BUSY", given.asked)));
  expect(lines.map(({ code }) => code)).toEqual(given.isRead ? ["QUEUE_LIMITS_UNREAD"] : []);
});

const longLine = { firstAhead: 900, firstMs: Date.now() - 100_000, ahead: 400 };
it.each<[string, RetryLater, Received & { readonly isFifo?: boolean }, number]>([
  ["an attempt, as was asked", new RetryLater("BUSY", 7), {}, 7],
  ["an attempt, by its number", failed, { attempts: 3, receives: 9 }, 16],
  ["a wait, by its number", contended, { receives: 7, attempts: 2 }, 8],
  [
    "a wait behind others of its group, by what was noted",
    contended,
    { receives: 9, waits: 6, isFifo: true },
    16,
  ],
  ["a wait, as was asked", wait(3), { receives: 29 }, 32],
  ["a wait for which that was not enough so often", wait(3), { receives: 31 }, 64],
  ["a wait at the same place of a line", wait(undefined, 5), { waits: 2, line: lineAt(5) }, 4],
  ["a wait nearer to the front", wait(undefined, 4), { waits: 9, line: lineAt(5) }, 2],
  ["a wait far from the front of a line that stands", wait(undefined, 400), { waits: 2, line: longLine }, 4],
  ["a wait of which no place was noted", wait(undefined, 400), { waits: 2 }, 4],
  ["a wait that is in no line any more", contended, { receives: 2, line: lineAt(400) }, 2],
])("G11: pauses after %s", async (_, error, { isFifo, ...given }, seconds) => {
  vi.spyOn(Math, "random").mockReturnValue(1); // the longest
  onTestFinished(() => void vi.restoreAllMocks());
  const record = received(given);
  if (isFifo) record.eventSourceARN += ".fifo";
  expect(await nextTry(queue, record, error)).toMatchObject({ retryAfterSeconds: seconds });
});

it.each([
  [499, 37],
  [500, 607], // 3.5 days among 499 receives
])("G6: from half of its receives on, a wait shares the time that is left: %i", async (receives, seconds) => {
  atRest();
  const due = new RetryLater("RATE_LIMITED", 37, { waited: true, kept: { rate: 1 } });
  expect(await nextTry(queue, received({ receives }), due)).toMatchObject({ retryAfterSeconds: seconds });
});

it.each([
  ["before the last try of a message", 3.5 * dayMs - 1, false],
  ["at the last try of a message", 3.5 * dayMs, true],
  ["at the oldest that a message can be", 4.5 * dayMs, true],
  ["beyond that, where its time is none", 4.5 * dayMs + 1, false],
])("G6: time ends %s", async (_, ageMs, isOver) => {
  atRest();
  const next = await nextTry(queue, received({ receives: 9, ageMs }), contended);
  expect(next instanceof Park).toBe(isOver);
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
      expect(receives).toBeLessThan(receivesMax);
    }
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
/** Stops the clock: so a busy machine does not count. @returns its time */
function atRest(): number {
  const now = Date.now();
  onTestFinished(setClock(() => now));
  vi.spyOn(Date, "now").mockReturnValue(now);
  onTestFinished(() => void vi.restoreAllMocks());
  return now;
}

function wait(seconds: number | undefined, ahead?: number): RetryLater {
  return new RetryLater("AHEAD", seconds, { waited: true, ...(ahead !== undefined && { ahead }) });
}

function lineAt(ahead: number) {
  return { firstAhead: ahead, firstMs: Date.now(), ahead };
}

describe("to the second", () => {
  const now = 1_800_000_000_000;
  const mute = () => ({ ...queue, queueUrl: `${queue.queueUrl}-mute` });
  const wait = (seconds?: number, more = {}) => new RetryLater("BUSY", seconds, { waited: true, ...more });
  const kept = { appointment: 1 };
  const line = { firstAhead: 900, firstMs: now - 1_000_000, ahead: 900 };
  const lastTryMs = 3.5 * dayMs;

  beforeEach(() => {
    onTestFinished(setClock(() => now));
    vi.spyOn(Math, "random").mockReturnValue(0.999);
    onTestFinished(() => void vi.restoreAllMocks());
  });

  it.each<[seconds: number, record: Received, error: RetryLater]>([
    [8, { receives: 3, attempts: 2 }, failed], // the third attempt
    [7, { receives: 3, attempts: 2 }, new RetryLater("NOT_NOW", 7)],
    [8, { receives: 9, attempts: 3, waits: 90 }, wait()], // the sixth wait
    [2, { receives: 2, attempts: 4 }, wait()],
    [8, { receives: 90, waits: 5, isFifo: true }, wait()],
    [7, { receives: 20 }, wait(7)],
    [7, { receives: 24 }, wait(7)], // the next four are no longer
    [32, { receives: 29 }, wait(7)], // after the twenty that were as long as was asked
    [8, { receives: 90, waits: 5, line }, wait(undefined, { ahead: 900 })], // nothing moved
    [2, { receives: 90, waits: 50, line }, wait(undefined, { ahead: 20 })], // near
    [2, { receives: 90, waits: 50, line: { ...line, firstMs: now } }, wait(2, { ahead: 899, kept })],
    [1, { receives: 90, waits: 50, line: { ...line, firstMs: now } }, wait(9, { ahead: 899 })],
    [300, { receives: 90, waits: 50, line }, wait(undefined, { ahead: 899 })],
    [27, { receives: 90, waits: 50, line: { ...line, firstMs: now - 2_000_000 } }, wait(9, { ahead: 23 })],
    [9, { receives: 5, line }, wait(9)],
    [9, { receives: 5 }, wait(9, { ahead: 50 })],
    [1, { receives: 499, ageMs: 2_400_000 }, wait(1, { kept })],
    [602, { receives: 500, ageMs: 2_400_000 }, wait(1, { kept })], // 300,000 seconds for 499 receives
    [42_000, { receives: 998, ageMs: 2_400_000 }, wait(1, { kept })],
    [42_000, { receives: 999, ageMs: 2_400_000 }, wait(1, { kept })],
    [700, { receives: 500, ageMs: 2_400_000 }, wait(700, { kept })],
    [5, { receives: 500, ageMs: 2_400_000, attempts: 4 }, new RetryLater("NOT_NOW", 5)],
    [1, { receives: 600, ageMs: 300 * dayMs }, wait(1, { kept })],
    [3, { receives: 3, ageMs: lastTryMs - 2_001 }, wait(9, { kept })],
  ])("G11: waits for %i seconds (%#)", async (retryAfterSeconds, record, error) => {
    const next = await nextTry({ ...queue, attemptsMax: 9 }, received(record), error);
    expect(next).toEqual({ retryAfterSeconds, waited: isWait(error), waitedSeconds: 11 });
  });

  it("says since when it is waited for, and of a clock that is behind nothing", async () => {
    const record = received();
    record.attributes.ApproximateFirstReceiveTimestamp = String(now + 5_000);
    expect(await nextTry(queue, record, failed)).toMatchObject({ waitedSeconds: 0 });
  });

  it("G6: its last try is after seven eighths of the retention, to the millisecond", async () => {
    const next = (ageMs: number) => nextTry(queue, received({ receives: 9, ageMs }), contended);
    const over = {
      code: "WAITED_TOO_LONG",
      detail: "9 receives in 11 seconds, until its retention ended, last wait CONTENDED",
      cause: contended,
    };
    expect(await next(lastTryMs - 1)).toMatchObject({ retryAfterSeconds: 1 });
    expect(await next(lastTryMs)).toMatchObject(over);
    expect(await next(4.5 * dayMs)).toMatchObject(over); // twelve hours longer it may be hidden
    expect(await next(4.5 * dayMs + 1)).toMatchObject({ waited: true });
  });

  it("asks for the queue's limits only when any queue could have ended its wait", async () => {
    const reads = async (record: Received, seconds: number) => {
      const lines = await linesOf(() => nextTry(mute(), received(record), wait(seconds)));
      if (lines.length > 0)
        expect(lines).toMatchObject([
          { level: "WARN", code: "QUEUE_LIMITS_UNREAD", errorCode: "QueueDoesNotExist" },
        ]);
      return lines.length;
    };
    expect(await reads({ receives: 2, ageMs: 50_499 }, 2)).toBe(0);
    expect(await reads({ receives: 2, ageMs: 50_500 }, 2)).toBe(1);
    expect(await reads({ receives: 3 }, 2)).toBe(1);
  });

  it("G6: where the queue does not say, the attempts of its consumer are its receives", async () => {
    const attempt = (receives: number, attempts = 0) =>
      nextTry(mute(), received({ receives, attempts }), failed);
    expect(await attempt(4)).toMatchObject({ waited: false });
    const park = { code: "RETRIES_EXHAUSTED", cause: failed };
    expect(await attempt(5)).toMatchObject({
      ...park,
      detail: "5 receives, the queue's maximum, last error NOT_NOW",
    });
    expect(await attempt(5, 4)).toMatchObject({ ...park, detail: "5 attempts, last error NOT_NOW" });
    const waiting = nextTry(mute(), received({ receives: 900, ageMs: 300 * dayMs }), wait(4, { kept }));
    expect(await waiting).toMatchObject({ retryAfterSeconds: 4 });
  });
});

interface Received extends Partial<Past> {
  readonly receives?: number;
  readonly ageMs?: number;
  readonly isFifo?: boolean;
}

function received({ receives = 1, attempts = 0, waits = 0, line, ageMs = 0, isFifo }: Received = {}) {
  const record = anSqsRecord("a message", { receiveCount: receives });
  if (isFifo) record.eventSourceARN += ".fifo";
  record.attributes.ApproximateFirstReceiveTimestamp = String(nowMs() - 10_600);
  record.attributes.SentTimestamp = String(nowMs() - ageMs);
  setPast(record, { attempts, waits, line });
  return record;
}

import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sqs } from "../src/aws/sqs-client.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { queueLimits } from "../src/receive/queue-limits.ts";

let nowMs: number;
let asked: unknown[];
let answer: () => Readonly<Record<string, string>> | undefined;

beforeEach(() => {
  process.env.AWS_REGION ??= "eu-central-1";
  nowMs = 1_800_000_000_000;
  asked = [];
  setClock(() => nowMs);
  sqs().middlewareStack.add(
    () => async (args) => {
      asked.push(args.input);
      return { response: {}, output: { Attributes: answer() } as never };
    },
    { name: "answers", step: "initialize", override: true },
  );
});
afterEach(() => {
  sqs().middlewareStack.remove("answers");
  setClock(Date.now)();
});

const fourDaysMs = 345_600_000;

it.each<[attributes: Record<string, string> | undefined, receivesMax: number, retentionMs: number]>([
  [{ RedrivePolicy: '{"maxReceiveCount":7}', MessageRetentionPeriod: "3600" }, 7, 3_600_000],
  [{ RedrivePolicy: '{"maxReceiveCount":"1000"}', MessageRetentionPeriod: "60" }, 1_000, 60_000],
  [{ RedrivePolicy: "{}", MessageRetentionPeriod: "none" }, Number.POSITIVE_INFINITY, fourDaysMs],
  [{ MessageRetentionPeriod: "60" }, Number.POSITIVE_INFINITY, 60_000],
  [undefined, Number.POSITIVE_INFINITY, fourDaysMs],
])(
  "a queue has the limits that SQS says, and those of SQS where it says none (%#)",
  async (attributes, ...limits) => {
    answer = () => attributes;
    const [receivesMax, retentionMs] = limits;
    const QueueUrl = newId();
    expect(await queueLimits(QueueUrl)).toEqual({ receivesMax, retentionMs });
    expect(asked).toEqual([{ QueueUrl, AttributeNames: ["RedrivePolicy", "MessageRetentionPeriod"] }]);
  },
);

it("they are known for a quarter of an hour, for each queue", async () => {
  answer = () => ({ MessageRetentionPeriod: "60" });
  const [a, b] = [newId(), newId()];
  const ask = async (queueUrl: string) => {
    asked = [];
    await Promise.all([queueLimits(queueUrl), queueLimits(queueUrl)]);
    return asked.length;
  };
  expect([await ask(a), await ask(b), await ask(a)]).toEqual([1, 1, 0]);
  nowMs += 899_999;
  expect(await ask(a)).toBe(0);
  nowMs += 1;
  expect(await ask(a)).toBe(1);
});

it("when they cannot be read, a line says so, and the next message asks again", async () => {
  for (const [error, errorCode] of [
    [new TypeError("no answer"), "TypeError"],
    ["a text", "string"],
  ]) {
    answer = () => {
      throw error;
    };
    const mute = newId();
    const lines = await linesOf(async () => {
      for (const _ of [1, 2]) expect(await queueLimits(mute)).toBeUndefined();
    });
    const line = { level: "WARN", code: "QUEUE_LIMITS_UNREAD", errorCode };
    expect(lines).toMatchObject([line, line]);
  }
});

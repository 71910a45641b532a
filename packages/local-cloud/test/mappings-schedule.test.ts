// Schedules: at their interval, with the event AWS sends, never two runs at once. The time is moved.
import type { ScheduledEvent } from "aws-lambda";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { startSchedule } from "../src/mappings/schedule.ts";
import type { Invoke } from "../src/model/invocation.ts";
import type { Schedule } from "../src/model/model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const everyMs = 60_000;

function scheduled(schedule: Partial<Schedule> = {}, runMs = 0) {
  const events: unknown[] = [];
  let now = 0;
  let most = 0;
  const invoke: Invoke = async (_functionArn, event) => {
    events.push(event);
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, runMs));
    now--;
    return { requestId: "r", outcome: "ok" };
  };
  const source = startSchedule({
    schedule: { path: "Relay/Sweep/Rule", functionArn: "f", everyMs, ...schedule },
    invoke,
  });
  onTestFinished(async () => void source.stop());
  return { events, most: () => most, stop: source.stop };
}

test("the first run comes after one interval, the next ones follow", async () => {
  const { events } = scheduled();
  await vi.advanceTimersByTimeAsync(everyMs - 1);
  expect(events).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(events).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(2 * everyMs);
  expect(events).toHaveLength(3);
});

test("the event is the standard scheduled event", async () => {
  const { events } = scheduled();
  await vi.advanceTimersByTimeAsync(everyMs);
  expect(events[0]).toEqual({
    version: "0",
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "000000000000",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: "us-east-1",
    resources: ["arn:aws:events:us-east-1:000000000000:rule/Relay-Sweep-Rule"],
    detail: {},
  } satisfies ScheduledEvent);
});

test("an input of its own is what the function gets", async () => {
  const { events } = scheduled({ input: '{"depth":2}' });
  await vi.advanceTimersByTimeAsync(everyMs);
  expect(events[0]).toEqual({ depth: 2 });
});

test("a run that takes longer than the interval is not overlapped", async () => {
  const { events, most } = scheduled({}, 2.5 * everyMs);
  await vi.advanceTimersByTimeAsync(7 * everyMs);
  expect(events).toHaveLength(3); // after 1, 4 and 7 intervals
  expect(most()).toBe(1);
});

test("an interval longer than a timer can hold does not run at once", async () => {
  const { events } = scheduled({ everyMs: 40 * 24 * 60 * 60 * 1000 });
  await vi.advanceTimersByTimeAsync(20 * 24 * 60 * 60 * 1000);
  expect(events).toEqual([]);
});

test("stop waits for the run in progress and starts no other", async () => {
  const { events, stop } = scheduled({}, everyMs / 2);
  await vi.advanceTimersByTimeAsync(everyMs);
  let isStopped = false;
  const stopped = stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(everyMs / 2 - 1);
  expect(isStopped).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
  await vi.advanceTimersByTimeAsync(10 * everyMs);
  expect(events).toHaveLength(1);
});

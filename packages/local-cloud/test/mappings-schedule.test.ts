// Schedules: at their interval, with the event AWS sends, never two runs at once.

import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@essentially-once/testing/internal/support/local-function";
import type { ScheduledEvent } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { startSchedule } from "../src/mappings/schedule.ts";
import type { Invoke } from "../src/model/invocation.ts";
import type { Schedule } from "../src/model/model.ts";

function scheduled(schedule: Partial<Schedule>, runMs = 0) {
  const events: unknown[] = [];
  let now = 0;
  let most = 0;
  const invoke: Invoke = async (_functionArn, event) => {
    events.push(event);
    most = Math.max(most, ++now);
    await sleep(runMs);
    now--;
    return { requestId: "r", outcome: "ok" };
  };
  const source = startSchedule({
    schedule: { path: "Relay/Sweep/Rule", functionArn: "f", everyMs: 40, ...schedule },
    invoke,
  });
  onTestFinished(source.stop);
  return { events, most: () => most, stop: source.stop };
}

test("the first run comes after one interval, the next ones follow", async () => {
  const { events } = scheduled({ everyMs: 150 });
  await sleep(80);
  expect(events).toHaveLength(0);
  await eventually(() => events.length >= 2);
});

test("the event is the standard scheduled event", async () => {
  const { events } = scheduled({});
  await eventually(() => events.length);
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
  await eventually(() => events.length);
  expect(events[0]).toEqual({ depth: 2 });
});

test("a run that takes longer than the interval is not overlapped", async () => {
  const { events, most } = scheduled({}, 120);
  await eventually(() => events.length >= 3);
  expect(most()).toBe(1);
});

test("an interval longer than a timer can hold does not run at once", async () => {
  const { events } = scheduled({ everyMs: 40 * 24 * 60 * 60 * 1000 });
  await sleep(100);
  expect(events).toEqual([]);
});

test("stop waits for the run in progress and starts no other", async () => {
  const { events, stop } = scheduled({}, 100);
  await eventually(() => events.length);
  await stop();
  const before = events.length;
  await sleep(100);
  expect(events).toHaveLength(before);
});

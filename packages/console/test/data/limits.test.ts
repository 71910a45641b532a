// Open breakers and rates that are behind, by the items that the kit's own breaker and rate write.

import { breaker } from "@essentially-once/messaging/breaker";
import { RetryLater } from "@essentially-once/messaging/outcome";
import { rate } from "@essentially-once/messaging/rate";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { through } from "@essentially-once/testing/internal/support/limited";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readLimits } from "../../src/data/graph/limits.ts";

let world: DeadLetterWorld;

beforeAll(async () => {
  vi.stubEnv("LIMITS", "carrier,bank");
  world = await aDeadLetterWorld();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

test("a breaker that failures opened is told with its times, and half open when those are over", async () => {
  const client = world.clients.dynamodb;
  const guard = breaker({ key: "carrier", failures: 2, openSeconds: 30, table: "evidence", client });
  const work = () => Promise.reject(new RetryLater("CARRIER_DOWN"));
  expect(await held("carrier")).toEqual({});
  for (const id of ["a", "b", "c"]) await through([guard], { id, work });
  const open = await held("carrier");
  expect(open).toMatchObject({ paused: { by: "breaker", reason: "carrier is open" } });
  const { since = "", until = "" } = open?.paused ?? {};
  expect(Date.parse(until) - Date.parse(since)).toBeGreaterThanOrEqual(29_000);
  const later = await held("carrier", Date.parse(until) + 1);
  expect(later?.paused?.reason).toContain("half open");
  expect(later?.paused?.until).toBeUndefined();
});

test("a rate whose tokens are sold ahead is behind by as much, until it has caught up", async () => {
  const client = world.clients.dynamodb;
  const limit = rate({ key: "bank", perSecond: 0.1, burst: 1, table: "evidence", client });
  await through([limit], { id: "first" });
  for (const id of ["second", "third"]) await through([limit], { id, deadlineMs: Date.now() });
  const { rateBehindSeconds = 0 } = (await held("bank")) ?? {};
  expect(rateBehindSeconds).toBeGreaterThan(10);
  expect(await held("bank", Date.now() + 60_000)).toEqual({});
});

test("an evidence table that cannot be read holds back nothing else", async () => {
  const queue = await world.aQueue();
  const queues = [{ ...queue, consumer: "Other", evidenceTable: "gone" }, queue];
  const names = new Map(["Other", queue.consumer].map((one) => [one, ["carrier"]]));
  const read = await readLimits(world.clients.dynamodb, { queues, names, nowMs: Date.now() });
  expect(read.held.get("Other")).toEqual({});
  expect(read.missing).toEqual(["The limits of Other were not read: ResourceNotFoundException."]);
  expect(read.held.get(queue.consumer)?.paused).toBeDefined();
});

async function held(limit: string, nowMs = Date.now()) {
  const queue = await world.aQueue();
  const names = new Map([[queue.consumer, [limit]]]);
  const { held } = await readLimits(world.clients.dynamodb, { queues: [queue], names, nowMs });
  return held.get(queue.consumer);
}

// Injected trouble: what each fault does to a delivery, how often it comes, and whom it spares.

import { aLocalFunction, aRecorder } from "@essentially-once/testing/internal/support/local-function";
import { expect, onTestFinished, test } from "vitest";
import { randomNumbers, startChaos } from "../src/chaos.ts";
import type { LocalEvent } from "../src/model/events.ts";
import type { InvocationOptions, Invoke } from "../src/model/invocation.ts";
import { createRuntime } from "../src/runtime/runtime.ts";

const ROUNDS = 2_000;

/** An invocation that keeps how it was called; a kill comes true. */
function calls() {
  const all: InvocationOptions[] = [];
  const invoke: Invoke = async (_functionArn, _event, options = {}) => {
    all.push(options);
    return { requestId: `r${all.length}`, outcome: options.kill ? "killed" : "ok", response: all.length };
  };
  return { all, invoke };
}

async function rounds({ level, seed = 1, attempt = 1 }: { level: number; seed?: number; attempt?: number }) {
  const events: LocalEvent[] = [];
  const { all, invoke } = calls();
  const chaos = startChaos({ level, seed, onEvent: (event) => void events.push(event) });
  const disturbed = chaos.disturb(invoke, (functionArn) => `Path/${functionArn}`);
  const outcomes = [];
  for (let round = 0; round < ROUNDS; round++) outcomes.push((await disturbed("f", {}, { attempt })).outcome);
  const count = (what: string) =>
    events.filter((event) => event.kind === "chaos" && event.what === what).length;
  return { all, outcomes, events, count, chaos, disturbed };
}

test("at level 0.3 about 6 % are killed, 6 % delivered twice, 4 % of the answers dropped", async () => {
  const { all, outcomes, count } = await rounds({ level: 0.3 });
  const percent = (what: string) => (count(what) / ROUNDS) * 100;
  for (const [what, least, most] of [
    ["kill", 4, 8],
    ["duplicate", 4, 8],
    ["drop-response", 2.5, 5.5],
  ] as const) {
    expect(percent(what), what).toBeGreaterThan(least);
    expect(percent(what), what).toBeLessThan(most);
  }
  expect(all).toHaveLength(ROUNDS + count("duplicate"));
  expect(outcomes.filter((outcome) => outcome === "dropped")).toHaveLength(count("drop-response"));
  const kills = all.flatMap(({ kill }) => kill ?? []);
  expect(kills.filter((kill) => kill === "on-response").length).toBeGreaterThan(kills.length / 4);
  expect(kills.every((kill) => kill === "on-response" || (kill.afterMs > 0 && kill.afterMs <= 40))).toBe(
    true,
  );
});

test("at level 0 nothing happens; at level 1 much does", async () => {
  expect((await rounds({ level: 0 })).events).toEqual([]);
  expect((await rounds({ level: 1 })).events.length).toBeGreaterThan(ROUNDS * 0.45);
});

test("a level out of range is refused", () => {
  for (const level of [-0.1, 1.1, Number.NaN]) {
    expect(() => startChaos({ level, seed: 1 })).toThrow(
      `chaos level must be a number from 0 to 1, got ${level}`,
    );
  }
});

test("a delivery at its third attempt or later is spared", async () => {
  expect((await rounds({ level: 1, attempt: 2 })).events.length).toBeGreaterThan(0);
  expect((await rounds({ level: 1, attempt: 3 })).events).toEqual([]);
});

test("the same seed gives the same fates, another seed gives others", async () => {
  const fates = async (seed: number) => (await rounds({ level: 0.5, seed })).events;
  expect(await fates(7)).toEqual(await fates(7));
  expect(await fates(7)).not.toEqual(await fates(8));
});

test("after stop nothing happens any more", async () => {
  const { chaos, disturbed, events } = await rounds({ level: 1 });
  const before = events.length;
  chaos.stop();
  for (let round = 0; round < 100; round++) await disturbed("f", {});
  for (let round = 0; round < 1_000; round++) expect(chaos.losesResponse()).toBe(false);
  expect(events).toHaveLength(before);
});

test("about one response of an engine in a hundred is lost at level 0.3", () => {
  const events: LocalEvent[] = [];
  const chaos = startChaos({ level: 0.3, seed: 1, onEvent: (event) => void events.push(event) });
  const lost = Array.from({ length: 10_000 }, chaos.losesResponse).filter(Boolean).length;
  expect(lost).toBeGreaterThan(60);
  expect(lost).toBeLessThan(140);
  expect(events).toHaveLength(lost);
  expect(events[0]).toEqual({ kind: "chaos", what: "lost-response" });
});

test("faults name the function and the request, and happen to real processes", async () => {
  const { onEvent, of } = aRecorder();
  const fn = aLocalFunction("export const handler = async () => 1;", {
    functionName: "disturbed", // fates follow from the seed and the path
  });
  const endpoints = {
    sqs: "http://127.0.0.1:1",
    s3: "http://127.0.0.1:3",
    secretsManager: "http://127.0.0.1:4",
    sns: "http://127.0.0.1:4",
    ssm: "http://127.0.0.1:4",
    dynamodb: "http://127.0.0.1:2",
  };
  const runtime = createRuntime({ functions: [fn], endpoints, onEvent });
  onTestFinished(runtime.stop);
  const disturbed = startChaos({ level: 1, seed: 3, onEvent }).disturb(runtime.invoke, () => fn.path);
  const results = [];
  for (let round = 0; round < 30; round++) results.push(await disturbed(fn.arn, {}));
  const told = (what: string) => of("chaos").filter((event) => event.what === what);
  expect(results.filter(({ outcome }) => outcome === "killed")).toHaveLength(told("kill").length);
  expect(of("invocation").filter(({ outcome }) => outcome === "killed")).toHaveLength(told("kill").length);
  expect(of("invocation")).toHaveLength(30 + told("duplicate").length);
  const requests = new Set(of("invocation").map(({ requestId }) => requestId));
  for (const { path, requestId = "" } of of("chaos")) {
    expect(path).toBe(fn.path);
    expect(requests.has(requestId)).toBe(true);
  }
  for (const what of ["kill", "duplicate", "drop-response"])
    expect(told(what).length, what).toBeGreaterThan(0);
});

test("random numbers are spread over 0 to 1", () => {
  const random = randomNumbers("seed");
  const numbers = Array.from({ length: 10_000 }, random);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1);
});

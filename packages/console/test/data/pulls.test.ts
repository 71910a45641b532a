// A dead letter of a stage is handled on this machine from the page. The stage is a running local cloud.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { connect } from "@essentially-once/operator/internal/connect/connection";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";
import { Asked, Taken } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator } from "@essentially-once/testing/internal/support/operator";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PullRun } from "../../src/api/pull.ts";
import type { Source } from "../../src/data/source.ts";
import { stageSource } from "../../src/data/stage-source.ts";

let running: RunningCloud;
let directory: string;
let source: Source;
let ask: Envelope;
let key: string;
const till = newId();

beforeAll(async () => {
  const assemblyDirectory = await bundledAssemblyOf(kitApp);
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-console-pull-"));
  await anOperator(running.cloud, directory); // it writes the cloud's file
  const connection = connect({ cloudFile: join(directory, "cloud.json") });
  const stage = { name: "dev", where: "here", mayChange: false };
  source = await stageSource({ ...stage, connection, assemblyDirectory });
  ask = anEnvelope({ source: "/ask", type: Asked.type, data: { ask: newId(), till, amount: 10 } });
  await running.send("StandardQueueUrl", [asciiJson(ask)]);
  await eventually("it is parked", async () =>
    (await running.deadLetters("StandardDeadLetterQueueUrl")).some(({ body }) => body.includes(ask.id)),
  );
  await eventually("it is read", async () => (await source.deadLetters.overview()).total === 1);
  key = (await source.deadLetters.overview()).groups[0]?.example ?? "";
});
afterAll(async () => {
  await source?.stop();
  await running?.stop();
  await rm(directory, { recursive: true, force: true });
});

test("G6: it says how the handler ends before and after its cause is fixed, and changes nothing of the stage", async () => {
  expect((await ended(key)).result).toMatchObject({ outcome: "parked", code: "TILL_UNKNOWN", messages: [] });
  await running.put("StandardTable", { id: till, version: 1, available: 1_000 });
  const { id, result } = await ended(key);
  expect(result).toMatchObject({
    ...{ outcome: "acknowledged", itemsRead: 1, unanswered: [], outside: [] },
    messages: [{ type: Taken.type, to: ["ordered"] }],
    evidence: expect.stringContaining("not processed"),
    redrive: { outcome: "sent-back" },
  });
  const change = { table: "StandardTable", key: till, change: "changed" };
  expect(result?.changes).toContainEqual({ ...change, attributes: ["available", "eo_stamp", "version"] });
  const withValues = await source.pulls?.get({ id, values: true });
  const shown = withValues?.result?.changes.find(({ table }) => table === "StandardTable");
  expect(JSON.parse(shown?.after ?? "")).toMatchObject({ available: 990 });
  expect((await running.get("StandardTable", till))?.available).toBe(1_000);
  expect((await source.deadLetters.overview()).total).toBe(1);
});

test("G11: one runs at a time, says where its debugger is, and ends when it is stopped", async () => {
  const begun = await source.pulls?.begin({ key, inspect: true });
  const id = begun?.id ?? "";
  await expect(source.pulls?.begin({ key, inspect: false })).rejects.toThrow("wait for it, or stop it");
  await eventually("it waits for a debugger", async () => {
    const { lines = [] } = (await source.pulls?.get({ id, values: false })) ?? {};
    return lines.some((line) => line.includes("ws://127.0.0.1:"));
  });
  expect(await source.pulls?.running()).toMatchObject([{ id, key, state: "running" }]);
  await source.pulls?.interrupt(id);
  expect(await endOf(id)).toMatchObject({
    state: "failed",
    error: "Stopped: nothing of the stage was changed.",
  });
  expect(await source.pulls?.running()).toEqual([]);
  expect(await source.pulls?.begin({ key: "none", inspect: false })).toBeUndefined();
});

async function ended(key: string): Promise<PullRun> {
  const begun = await source.pulls?.begin({ key, inspect: false });
  return endOf(begun?.id ?? "");
}

async function endOf(id: string): Promise<PullRun> {
  let run: PullRun | undefined;
  await eventually("it has ended", async () => {
    run = await source.pulls?.get({ id, values: false });
    return run?.state !== "running";
  });
  if (run) return run;
  throw new Error(`there is no run ${id}`);
}

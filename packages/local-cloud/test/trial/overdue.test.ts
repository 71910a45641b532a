// Scheduled messages of the running local cloud that an operator does not wait for.
import { asciiJson } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { readWaiting } from "@essentially-once/operator/internal/schedules/waiting";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { Armed } from "@essentially-once/testing/internal/support/kit/messages";
import { aRunningCloud, type RunningCloud } from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sendOverdue } from "../../src/trial/send/overdue.ts";

const rung = "kit.rung.v1";
let running: RunningCloud;

beforeAll(async () => {
  running = await aRunningCloud();
});
afterAll(() => running.stop());

test("G12: those of what is hopeless are sent now, each once, and all others wait for their time", async () => {
  const [hopeless, healthy] = await Promise.all([scheduled(), scheduled()]);
  const said = notWaitedFor({ type: rung, ids: [hopeless], triedMs: 0 });
  await expect.poll(waiting).not.toContain(hopeless);
  expect(await waiting()).toContain(healthy);
  expect(said).toEqual([
    expect.stringMatching(/^Sent now, as an operator would, and not in \d+ s: kit.rung.v1$/),
  ]);
});

test("G12: another type of the same key waits, and so does one that has just begun", async () => {
  const key = await scheduled();
  const said = [
    notWaitedFor({ type: "kit.armed.v1", ids: [key], triedMs: 0 }),
    notWaitedFor({ type: rung, ids: [key], triedMs: 60_000 }),
  ];
  const looks = notWaitedFor({ type: rung, ids: [await scheduled()], triedMs: 0 });
  await expect.poll(() => looks.length).toBe(1); // by then the others have looked, too
  expect(said).toEqual([[], []]);
  expect(await waiting()).toContain(key);
});

interface NotWaitedFor {
  readonly type: string;
  readonly ids: readonly string[];
  readonly triedMs: number;
}

/** Returns what is said meanwhile. */
function notWaitedFor({ type, ids, triedMs }: NotWaitedFor): string[] {
  const said: string[] = [];
  const { stop } = sendOverdue({
    overdue: { type, hopeless: async () => ids.map((id) => ({ id })) },
    ...{ cloud: running.cloud, step: (text) => said.push(text), triedMs },
  });
  onTestFinished(stop);
  return said;
}

/** Returns its key. */
async function scheduled(): Promise<string> {
  const key = newId();
  const message = anEnvelope({ ...Armed.from({ ask: key }), source: "/another-app" });
  await running.send("TimedQueueUrl", [asciiJson(message)]);
  await expect.poll(waiting).toContain(key);
  return key;
}

async function waiting(): Promise<string[]> {
  const { clients, output } = running.cloud;
  const table = output("SchedulesTable");
  const { next } = await readWaiting({ dynamodb: clients.dynamodb, table, nextMax: 1_000 });
  return next.map(({ message }) => message.partitionkey);
}

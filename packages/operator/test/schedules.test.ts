// The command for scheduled messages, as a process of its own, on the real stacks running locally; and with it the dispatcher.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { itemId } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { Armed } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

let running: RunningCloud;
let operator: Operator;
let directory: string;
let key: string;

beforeAll(async () => {
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-schedules-"));
  operator = await anOperator(running.cloud, directory);
});
beforeEach(async () => {
  key = newId();
  const message = anEnvelope({ ...Armed.from({ ask: key }), source: "/another-app" });
  await running.send("TimedQueueUrl", [asciiJson(message)]);
  await eventually("it is scheduled", async () => (await waiting()) !== undefined);
});
afterAll(async () => {
  operator?.stop();
  await running?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe("npm run schedules", () => {
  it("G12: lists and shows a waiting message, without its payload", async () => {
    const listed = await operator.json("schedules", "list");
    expect(listed).toMatchObject({ types: [{ contract: "timed", type: "kit.rung.v1" }], invalid: [] });
    const each = await operator.run("schedules", "list", "--each");
    expect(each.stdout).toContain(key);
    const shown = await operator.json("schedules", "show", "timed", key);
    expect(shown).toMatchObject({ contract: "timed", key, source: "/timed", type: "kit.rung.v1" });
    expect(shown).not.toHaveProperty("data");
    expect(await operator.json("schedules", "show", "timed", key, "--payload")).toMatchObject({
      data: { ask: key },
    });
  });

  it("G12: cancels one, after --yes, and says when nothing is there", async () => {
    expect(await operator.run("schedules", "cancel", "timed", key)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("add --yes"),
    });
    expect(await waiting()).toBeDefined();
    expect(await operator.json("schedules", "cancel", "timed", key, "--yes")).toEqual({
      dryRun: false,
      done: true,
    });
    expect(await waiting()).toBeUndefined();
    expect(await operator.run("schedules", "cancel", "timed", key, "--yes")).toMatchObject({ exitCode: 3 });
  });

  it("G12: sends one now: dispatcher, publisher and consumer do the rest", async () => {
    expect(await operator.json("schedules", "send", "timed", key, "--yes")).toEqual({
      dryRun: false,
      done: true,
    });
    const sentMs = Date.now();
    await eventually("it rang", async () => (await running.get("TimedTable", key))?.rung === 1);
    expect(Date.now() - sentMs).toBeLessThan(30_000); // by a wake-up, and not by the next minute's run
    expect(await waiting()).toBeUndefined();
  });
});

function waiting() {
  return running.get("SchedulesTable", itemId("timed", key));
}

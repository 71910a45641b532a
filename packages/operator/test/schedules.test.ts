// The command for scheduled messages, as a process of its own, on the real stacks running locally; and with it the dispatcher.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import {
  itemId,
  readScheduledItem,
  slotOf,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { injectFaults } from "@essentially-once/testing/faults";
import { Armed } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cancel, sendNow } from "../src/schedules/changes.ts";

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

describe("what an operator names", () => {
  it("a contract by either of its names, and an unknown one is refused with those there are", async () => {
    expect(await operator.json("schedules", "show", "Timed", key)).toMatchObject({ contract: "timed", key });
    expect(await operator.run("schedules", "cancel", "timd", key, "--yes")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/CONTRACT must be one of .*standard.*timed.*, got "timd"/),
    });
    expect(await operator.run("schedules", "show", "timed", "unknown")).toMatchObject({ exitCode: 3 });
    const known = await operator.run("schedules", "show", "nobody", key);
    for (const name of /one of (.*), got/.exec(known.stderr)?.[1]?.split(", ") ?? [])
      expect(await operator.run("schedules", "show", name, "unknown")).toMatchObject({ exitCode: 3 });
  });

  it("G12: an item of another form is shown and canceled by its key or its id, but not sent", async () => {
    for (const [name, id] of [
      ["bad", itemId("timed", "bad")],
      ["by-hand", "timed#by-hand"],
    ] as const) {
      const Item = { id: { S: id }, form: { N: "2" }, slot: { S: slotOf(id) }, message: { S: "secret" } };
      await running.cloud.clients.dynamodb.send(new PutItemCommand({ TableName: table(), Item }));
      const shown = await operator.run("schedules", "show", "timed", name);
      expect(JSON.parse(shown.stdout)).toMatchObject({ id, attributes: { form: { N: "2" } } });
      expect(shown.stdout).not.toContain("secret");
      expect(await operator.run("schedules", "send", "timed", name, "--yes")).toMatchObject({ exitCode: 2 });
      expect(await operator.json("schedules", "cancel", "timed", name, "--yes")).toMatchObject({
        done: true,
      });
      expect(await running.get("SchedulesTable", id)).toBeUndefined();
    }
  });
});

describe("G12: a change whose response is lost", () => {
  it.each([
    ["cancel", cancel],
    ["send", sendNow],
  ] as const)("%s does it once and says so", async (verb, change) => {
    const { clients, outputs } = running.cloud;
    const item = await stored();
    const lost = injectFaults(clients.dynamodb, {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [1],
    });
    expect(await change({ ...clients, outputs }, item)).toBe(true);
    lost.remove();
    expect(lost.attempts).toHaveLength(2);
    if (verb === "cancel") expect(await waiting()).toBeUndefined();
    expect(await change({ ...clients, outputs }, item)).toBe(false);
  });

  it("send says that the message is due when only its wake-up fails", async () => {
    const { clients, outputs } = running.cloud;
    const item = await stored();
    const lost = injectFaults(clients.sqs, { command: "SendMessageCommand", moment: "before" });
    await expect(sendNow({ ...clients, outputs }, item)).rejects.toThrow(/It is due now, .* within a minute/);
    lost.remove();
  });
});

async function stored() {
  const Key = { id: { S: itemId("timed", key) } };
  const { Item = {} } = await running.cloud.clients.dynamodb.send(
    new GetItemCommand({ TableName: table(), Key }),
  );
  return readScheduledItem(Item);
}

function table(): string {
  return running.cloud.output("SchedulesTable");
}

function waiting() {
  return running.get("SchedulesTable", itemId("timed", key));
}

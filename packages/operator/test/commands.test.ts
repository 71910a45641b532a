// Every verb of the operator's commands, as processes of their own, on the real stacks running locally.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { Asked } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { attributesFor, keysIn } from "@essentially-once/testing/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../src/connect/connection.ts";

const canary = "CANARY-5f0c";
const standard = "StandardQueueUrl";
const standardDeadLetters = "StandardDeadLetterQueueUrl";

let running: RunningCloud;
let operator: Operator;
let directory: string;
let tillId: string;

beforeAll(async () => {
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-operator-"));
  operator = await anOperator(running.cloud, directory);
});
beforeEach(async () => {
  tillId = newId();
  await openTill();
});
afterAll(async () => {
  operator?.stop();
  await running?.stop();
  await rm(directory, { recursive: true, force: true });
});

// First: what the others send past the journal would hold the projection.
describe("npm run journal", () => {
  it("G10: shows the newest entries and those that come, and every projection's place", async () => {
    const ask = anAsk();
    await running.put("OutboxTable", anOutboxRow(ask));
    const following = operator.start("journal", "tail", "--follow", "--last", "10");
    await eventually("the entry is shown", async () => following.said().includes(ask.id));
    following.child.kill("SIGINT");
    expect((await following.ended).exitCode).toBe(0);
    expect(following.said()).not.toContain(tillId);
    const { entries } = (await operator.json("journal", "tail", "--last", "1000")) as { entries: object[] };
    expect(entries).toContainEqual(expect.objectContaining({ id: ask.id, type: Asked.type }));
    expect((await operator.run("journal", "tail", "--payload")).stdout).toContain(tillId);

    await running.cloud.invoke("Pulled/Pulled", {});
    const { offsets } = (await operator.json("journal", "offsets")) as { offsets: Record<string, unknown>[] };
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets.every(({ projection, role }) => projection === "pulled" && role === "serving")).toBe(true);
    expect(offsets.every(({ offset, head, lag }) => Number(head) - Number(offset) === Number(lag))).toBe(
      true,
    );
  });

  it("G10: rebuilds a projection: a new generation, built by its own function, then serving", async () => {
    const dry = await operator.json("journal", "rebuild", "Pulled");
    expect(dry).toMatchObject({ dryRun: true, projection: "pulled", serving: 1 });
    const following = operator.start("journal", "rebuild", "pulled", "--yes", "--follow", "--json");
    await eventually("it is being built", async () => {
      const { offsets } = (await operator.json("journal", "offsets")) as { offsets: { role: string }[] };
      return offsets.some(({ role }) => role === "building");
    });
    await eventually("it serves", async () => {
      await running.cloud.invoke("Pulled/Pulled", {}); // as its schedule does
      return following.child.exitCode !== null;
    });
    const { stdout, exitCode } = await following.ended;
    expect(JSON.parse(stdout)).toMatchObject({ projection: "pulled", serving: 2 });
    expect(exitCode).toBe(0);
    expect(await operator.run("journal", "rebuild", "nobody")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("one of pulled"),
    });
  });
});

describe("npm run dlq", () => {
  it("G6: lists by reason, shows one, and says what a message says only when it is asked to", async () => {
    const poison = anAsk({ note: canary });
    await running.send(standard, [asciiJson(poison)]);
    await parked(poison);
    const list = await operator.run("dlq", "list");
    const json = await operator.json("dlq", "list", "--reason", "DATA_INVALID");
    const shown = await operator.run("dlq", "show", poison.id);
    expect(list).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/DATA_INVALID +1/) });
    expect(json).toMatchObject({
      groups: [{ reason: "DATA_INVALID", count: 1 }],
      deadLetters: [{ id: poison.id, detail: expect.stringContaining("invalid at") }],
    });
    expect(shown.stdout).toMatch(
      /signature +valid, by key .*\n.*\nevidence +none\na redrive +would send it back/,
    );
    const key = await signingKey();
    const mac = (await attributesFor(asciiJson(poison), running.cloud.output(standard), keys())).Signature;
    const quiet = [list, shown].map(({ stdout, stderr }) => stdout + stderr);
    for (const text of [...quiet, JSON.stringify(json)]) {
      for (const secret of [canary, key, mac?.split(".").at(-1) ?? ""]) expect(text).not.toContain(secret);
    }
    expect(await operator.json("dlq", "show", poison.id, "--payload")).toMatchObject({
      deadLetters: [{ id: poison.id, redrive: { outcome: "sent-back" }, payload: { note: canary } }],
    });
  });

  it("G6: discards with a reason, which it shows when the message is gone", async () => {
    const poison = anAsk({ note: canary });
    await running.send(standard, [asciiJson(poison)]);
    await parked(poison);
    const selection = ["--id", poison.id, "--because", "sent by a test"];
    const dry = await operator.run("dlq", "discard", ...selection);
    expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("add --yes") });
    const done = await operator.json("dlq", "discard", ...selection, "--yes");
    expect(done).toMatchObject({ dryRun: false, discarded: [{ id: poison.id }] });
    const shown = await operator.run("dlq", "show", poison.id);
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("sent by a test") });
    expect(JSON.stringify([dry, done, shown])).not.toContain(canary);
    expect(await operator.run("dlq", "discard", ...selection, "--yes")).toMatchObject({ exitCode: 3 });
  });

  it("G6, G7: redrives what was cured, with its signature, and it takes effect once", async () => {
    const stranger = newId();
    const ask = anAsk({ till: stranger });
    await running.send(standard, [asciiJson(ask)]);
    await parked(ask);
    const dry = await operator.run("dlq", "redrive", "--id", ask.id);
    expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/would be.*sent back/is) });
    await openTill(stranger);
    const redriven = await operator.json("dlq", "redrive", "--id", ask.id, "--yes");
    expect(redriven).toMatchObject({ sentBack: 1, removed: 0, left: 0, handled: [{ id: ask.id }] });
    await eventually("the money is taken", async () => (await available(stranger)) === 990);
  });

  it("G6: of what was done by then, redrives nothing", async () => {
    const ask = anAsk();
    await running.send(standard, [asciiJson(ask)]);
    await eventually("the money is taken", async () => (await available()) === 990);
    await park([ask]);
    const redriven = await operator.json("dlq", "redrive", "--reason", "BY_THE_TEST", "--yes");
    expect(redriven).toMatchObject({
      sentBack: 0,
      removed: 1,
      handled: [{ id: ask.id, outcome: "removed" }],
    });
  });

  it("G7: edits: the corrected message is signed, taken, and takes effect once", async () => {
    const ask = anAsk({ till: newId() });
    await running.send(standard, [asciiJson(ask)]);
    await parked(ask);
    const editing = operator.start("dlq", "edit", ask.id, "--data", "-", "--yes", "--json");
    editing.child.stdin?.end(JSON.stringify({ ...(ask.data as object), till: tillId }));
    const { stdout, exitCode } = await editing.ended;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ edited: { id: ask.id, consumer: "Standard" } });
    await eventually("the money is taken", async () => (await available()) === 990);
    expect((await operator.run("dlq", "show", ask.id)).stdout).toContain("superseded by");
  });

  it("G6: killed half-way, then run twice at once, sends each message to its one effect", async () => {
    const asks = Array.from({ length: 30 }, () => anAsk());
    await park(asks);
    const redrive = ["redrive", "--reason", "BY_THE_TEST", "--yes", "--visibility-timeout", "3"];
    const first = operator.start("dlq", ...redrive, "--rate", "1"); // it is killed long before it is done
    await eventually("some took effect", async () => Number(await available()) < 1_000);
    first.child.kill("SIGKILL");
    await first.ended;
    expect(Number(await available())).toBeGreaterThan(700);
    await new Promise((resolve) => setTimeout(resolve, 3_100)); // what it held comes back
    await Promise.all([operator.start("dlq", ...redrive).ended, operator.start("dlq", ...redrive).ended]);
    await eventually("all took effect", async () => (await available()) === 700);
    await eventually("the queue is empty", async () => running.isEmpty(standard));
    expect(await available()).toBe(700);
    expect(await operator.run("dlq", ...redrive)).toMatchObject({ exitCode: 3 }); // none is left
  });

  it("G6: says that something was left while another reader holds what may be meant", async () => {
    const ask = anAsk();
    await park([ask]);
    const { sqs } = running.cloud.clients;
    const QueueUrl = running.cloud.output(standardDeadLetters);
    const receive = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60, MaxNumberOfMessages: 10 });
    const held: Message[] = [];
    await eventually("it is held", async () => {
      held.push(...((await sqs.send(receive)).Messages ?? []));
      return held.some(({ Body }) => Body?.includes(ask.id));
    });
    for (const verb of [["redrive"], ["discard", "--because", "a test"]]) {
      expect(await operator.run("dlq", ...verb, "--reason", "BY_THE_TEST", "--yes")).toMatchObject({
        exitCode: 4,
        stdout: expect.stringContaining("in flight with another reader"),
      });
    }
    for (const { ReceiptHandle } of held) {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    }
    expect(await operator.run("dlq", "redrive", "--id", ask.id, "--yes")).toMatchObject({ exitCode: 0 });
    await eventually("the money is taken", async () => (await available()) === 990);
  });

  it("says clearly what cannot be done here", async () => {
    const nowhere = await operator.run("dlq", "list", "--stage", "dev");
    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("only one of --stage") });
    const file = join(directory, "outputs.json");
    expect(() => connect({ outputsFile: file })).toThrow(`${file} does not exist`);
  });
});

describe("npm run outbox", () => {
  it("G3: shows what the stream forgot, and sends it", async () => {
    const ask = anAsk();
    const row = { id: newId(), createdAt: new Date().toISOString(), messages: ["not a message"] };
    await running.put("OutboxTable", row);
    await running.put("OutboxTable", { ...row, messages: [asciiJson(ask)] }); // no insert: the stream passes it by
    const listed = await operator.json("outbox", "list");
    expect(listed).toMatchObject({ rows: 1, messages: 1, types: [{ type: Asked.type, count: 1 }] });
    const each = await operator.run("outbox", "list", "--each");
    expect(each.stdout).toContain(ask.id);
    expect(each.stdout).not.toContain(tillId);
    expect(await operator.run("outbox", "replay", "--all")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("add --yes"),
    });
    expect(await available()).toBe(1_000);
    const replayed = await operator.json("outbox", "replay", "--id", row.id, "--yes");
    expect(replayed).toEqual({ dryRun: false, rows: 1, messages: 1, left: [] });
    await eventually("the money is taken", async () => (await available()) === 990);
    expect(await running.get("OutboxTable", row.id)).toBeUndefined();
    expect(await operator.run("outbox", "replay", "--id", row.id, "--yes")).toMatchObject({ exitCode: 3 });
  });
});

function anAsk(changes: Record<string, unknown> = {}): Envelope {
  return anEnvelope({
    source: "/ask",
    type: Asked.type,
    data: { ask: newId(), till: tillId, amount: 10, ...changes },
  });
}

function anOutboxRow(ask: Envelope) {
  return { id: newId(), createdAt: new Date().toISOString(), messages: [asciiJson(ask)] };
}

async function openTill(id = tillId): Promise<void> {
  await running.put("StandardTable", { id, version: 1, available: 1_000 });
}

async function available(id = tillId): Promise<unknown> {
  return (await running.get("StandardTable", id))?.available;
}

async function parked({ id }: Envelope): Promise<void> {
  await eventually("it is parked", async () =>
    (await running.deadLetters(standardDeadLetters)).some(({ body }) => body.includes(id)),
  );
}

/** As the consumer parks them, with their signatures. */
async function park(asks: readonly Envelope[]): Promise<void> {
  for (const ask of asks) {
    const body = asciiJson(ask);
    const signature = await attributesFor(body, running.cloud.output(standard), keys());
    const attributes = Object.entries({ ...signature, ReasonCode: "BY_THE_TEST" }).map(
      ([name, StringValue]) => [name, { DataType: "String", StringValue }] as const,
    );
    await running.cloud.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: running.cloud.output(standardDeadLetters),
        MessageBody: body,
        MessageAttributes: Object.fromEntries(attributes),
      }),
    );
  }
}

function keys() {
  return keysIn(running.cloud.clients.secretsManager, running.cloud.output("SigningSecretArn"));
}

async function signingKey(): Promise<string> {
  return (await keys().current()).secret.export().toString("base64");
}

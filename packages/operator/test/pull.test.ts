// `npm run dlq -- pull` on a stage that is a running local cloud: its handler runs in another one, and the stage stays as it is.
import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { pullDeadLetter } from "@essentially-once/local-cloud/pull-dead-letter";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { stringAttributes } from "@essentially-once/messaging/internal/publish/send";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";
import { Asked, Taken } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator, type Operator, type Started } from "@essentially-once/testing/internal/support/operator";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { attributesFor, keysIn } from "@essentially-once/testing/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../src/connect/connection.ts";
import { type ConsumerQueue, consumerQueues, queuesNamed } from "../src/dead-letters/consumer-queues.ts";
import { findDeadLetters } from "../src/dead-letters/find.ts";
import { findPull, type PullRequest } from "../src/dead-letters/pulled.ts";

let running: RunningCloud;
let operator: Operator;
let directory: string;
let assembly: string;
let tillId: string;
let ask: Envelope;

beforeAll(async () => {
  assembly = await bundledAssemblyOf(kitApp);
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-pull-"));
  operator = await anOperator(running.cloud, directory);
});
beforeEach(async () => {
  tillId = newId();
  ask = await aParkedAsk();
});
afterAll(async () => {
  operator?.stop();
  await running?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe("npm run dlq -- pull", () => {
  it("G6: says how a message would end before and after its cause is fixed, and changes nothing of the stage", async () => {
    const before = await stage();
    const parked = await pull();
    expect(parked).toMatchObject({ outcome: "parked", code: "TILL_UNKNOWN", messages: [], outside: [] });
    expect(await stage()).toEqual(before);

    await openTill();
    const cured = await stage();
    const pulled = await pull();
    expect(pulled).toMatchObject({
      outcome: "acknowledged",
      isDuplicate: false,
      evidence: { kind: "open" },
      redrive: { outcome: "sent-back" },
      itemsRead: 1,
      unanswered: [],
    });
    expect(pulled.messages).toEqual([expect.objectContaining({ type: Taken.type, to: ["ordered"] })]);
    expect(pulled.changes).toContainEqual({
      table: "StandardTable",
      key: { id: tillId },
      change: "changed",
      attributes: ["available", "eo_stamp", "version"],
    });
    expect(pulled.changes).toContainEqual(
      expect.objectContaining({ table: "StandardEvidenceTable", change: "added" }),
    );
    expect(await stage()).toEqual(cured);
  });

  it("says with which code and how much later it would be tried again", async () => {
    await running.put("StandardTable", { id: tillId, version: 1, available: 2n ** 70n }); // no number can hold it
    const pulled = await pull();
    expect(pulled).toMatchObject({ outcome: "retried", code: "TypeError" });
    expect(pulled.retryAfterSeconds).toBeGreaterThan(0);
    const flags = ["--send-back", "--yes"];
    const refused = await operator.run("dlq", "pull", ask.id, "--assembly", assembly, ...flags);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("retried, ") });
  });

  it("shows values only when it is asked to", async () => {
    await openTill();
    const quiet = await operator.run("dlq", "pull", ask.id, "--assembly", assembly);
    expect(quiet.stdout).toContain("acknowledged");
    expect(quiet.stdout).toContain(`changed in StandardTable ${tillId} (available, eo_stamp, version)`);
    expect(quiet.stdout).not.toMatch(/\b990\b/); // an id may have these digits
    const whole = await operator.run("dlq", "pull", ask.id, "--assembly", assembly, "--values");
    expect(whole.stdout).toMatch(/"available":1000.* → .*"available":990/);
  });

  it("G6: sends back only what was acknowledged here, and only with --yes", async () => {
    const flags = ["pull", ask.id, "--assembly", assembly, "--send-back"];
    expect(await operator.run("dlq", ...flags, "--yes")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("parked, TILL_UNKNOWN"),
    });
    await openTill();
    const dry = await operator.run("dlq", ...flags);
    expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("add --yes") });
    expect((await running.get("StandardTable", tillId))?.available).toBe(1_000);
    expect(await operator.json("dlq", ...flags, "--yes")).toMatchObject({
      pulled: { outcome: "acknowledged" },
      sentBack: { outcome: "sent-back" },
    });
    await eventually("the money is taken", async () => (await available()) === 990);
    await eventually("it is handled", async () => (await verdict()) !== "open");
    expect(await operator.run("dlq", "pull", ask.id)).toMatchObject({ exitCode: 3 });
  });

  it("G2: takes what the stage has processed for processed: its evidence is brought before it is written", async () => {
    await openTill();
    const done = anEnvelope({
      source: "/ask",
      type: Asked.type,
      data: { ask: newId(), till: tillId, amount: 10 },
    });
    await running.send("StandardQueueUrl", [asciiJson(done)]);
    await eventually("the money is taken", async () => (await available()) === 990);
    const QueueUrl = running.cloud.output("StandardDeadLetterQueueUrl");
    const keys = keysIn(running.cloud.clients.secretsManager, running.cloud.output("SigningSecretArn"));
    const beside = await attributesFor(asciiJson(done), running.cloud.output("StandardQueueUrl"), keys);
    const MessageAttributes = stringAttributes({ ...beside, ReasonCode: "BY_THE_TEST" });
    const { sqs } = running.cloud.clients;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: asciiJson(done), MessageAttributes }));
    expect(await pull(done.id)).toMatchObject({
      outcome: "acknowledged",
      isDuplicate: true,
      changes: [],
      evidence: { kind: "done" },
      redrive: { outcome: "removed" },
    });
  });

  it("waits for a debugger at an address that it prints", async () => {
    await openTill();
    const started = operator.start("dlq", "pull", ask.id, "--assembly", assembly, "--inspect", "--json");
    const address = await debuggerOf(started);
    expect(address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\//);
    expect(started.child.exitCode).toBeNull();
    const paused = await resume(address);
    const { stdout, exitCode } = await started.ended;
    expect(paused).toBeGreaterThan(0);
    expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({
      exitCode: 0,
      pulled: { outcome: "acknowledged" },
    });
  });

  it("starts engines of its own, whatever engines the environment names, and says what it cannot do", async () => {
    expect(process.env.AWS_ENDPOINT_URL_DYNAMODB).toBe(running.dynamodbWire.endpoint);
    const request = await aRequest();
    const before = await stage();
    await expect(pullDeadLetter(request)).resolves.toMatchObject({ code: "TILL_UNKNOWN" });
    const stranger = { ...request.queue, name: "nobody" } satisfies ConsumerQueue;
    await expect(pullDeadLetter({ ...request, queue: stranger })).rejects.toThrow("no consumer nobody, only");
    const dynamodb = new DynamoDBClient({ region: "us-east-1", endpoint: running.cloud.endpoints.dynamodb });
    dynamodb.middlewareStack.add(() => async () => {
      throw Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
    });
    const denied = { ...request, connection: { ...request.connection, dynamodb } };
    await expect(pullDeadLetter(denied)).rejects.toThrow(/AccessDeniedException.*needs dynamodb:GetItem/);
    expect(await stage()).toEqual(before);
    await expect(findPull("@essentially-once/absent/pull")).rejects.toThrow("npm install");
    expect(await operator.run("dlq", "pull", "no-such-id")).toMatchObject({ exitCode: 3 });
    expect(await operator.run("dlq", "pull", ask.id, "--yes")).toMatchObject({ exitCode: 2 });
  });
});

describe("a handler that is pulled", () => {
  it.each([
    [false, 0, /OutsideRefused.*--allow-effects/s],
    [true, 1, /answered/],
  ])("calls another service only when it may: %s", async (allowed, calls, said) => {
    let called = 0;
    const server = createServer((_request, response) => {
      called += 1;
      response.end("answered");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = new URL(import.meta.resolve("@essentially-once/local-cloud/internal/pull/outside"));
    const outside = `--import=${url.href.replace(/\.ts$/, ".mjs")}?ports=&allowed=${allowed}`;
    const program = `fetch("http://127.0.0.1:${port}").then((r) => r.text()).then(console.log, (e) => console.log(e.cause))`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outside, "-e", program]);
    expect(called).toBe(calls);
    expect(stdout).toMatch(said);
    expect(JSON.parse(stderr)).toEqual({ outside: `127.0.0.1:${port}`, allowed });
    server.close();
  });
});

async function pull(
  id = ask.id,
): Promise<Record<string, unknown> & { changes: unknown[]; messages: unknown[] }> {
  const document = await operator.json("dlq", "pull", id, "--assembly", assembly);
  return document.pulled as Awaited<ReturnType<typeof pull>>;
}

async function aParkedAsk(): Promise<Envelope> {
  const data = { ask: newId(), till: tillId, amount: 10 };
  const asked = anEnvelope({ source: "/ask", type: Asked.type, data });
  await running.send("StandardQueueUrl", [asciiJson(asked)]);
  await eventually("it is parked", async () =>
    (await running.deadLetters("StandardDeadLetterQueueUrl")).some(({ body }) => body.includes(asked.id)),
  );
  await eventually("its delivery has ended", async () => running.isEmpty("StandardQueueUrl"));
  return asked;
}

async function aRequest(): Promise<PullRequest> {
  const connection = connect({ cloudFile: join(directory, "cloud.json") });
  const queues = queuesNamed(consumerQueues(connection.outputs), "standard");
  const [found] = await findDeadLetters(connection.sqs, { queues, id: ask.id });
  if (found === undefined) throw new Error("there is no dead letter");
  await found.held.release();
  const { deadLetter, queue } = found;
  const flags = { isSigned: true, inspect: false, allowEffects: false, assemblyDirectory: assembly };
  const { signal } = new AbortController();
  return { connection, deadLetter, queue, ...flags, say: () => undefined, signal };
}

/** Every item of every table, and how many messages each queue has, wherever they are. */
/** But for the tables of projections, which go on by their schedule. */
async function stage(): Promise<Record<string, unknown>> {
  const { sqs, dynamodb } = running.cloud.clients;
  const outputs = Object.values(running.cloud.outputs).flatMap((stack) => Object.entries(stack));
  const entries = outputs.map(async ([key, value]) => {
    if (key.startsWith("Pulled")) return [key, "by its schedule"] as const;
    if (key.endsWith("Table")) {
      const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: value, ConsistentRead: true }));
      return [key, Items.map((item) => JSON.stringify(Object.entries(item).sort())).sort()] as const;
    }
    if (!key.endsWith("QueueUrl")) return [key, value] as const;
    const asked = { QueueUrl: value, AttributeNames: ["All" as const] };
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand(asked));
    const counts = Object.entries(Attributes).filter(([name]) => name.startsWith("Approximate"));
    return [key, counts.reduce((sum, [, count]) => sum + Number(count), 0)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function openTill(): Promise<void> {
  await running.put("StandardTable", { id: tillId, version: 1, available: 1_000 });
}

async function available(): Promise<unknown> {
  return (await running.get("StandardTable", tillId))?.available;
}

async function verdict(): Promise<string> {
  const rows = await running.count("StandardEvidenceTable");
  return rows > 0 ? "done" : "open";
}

async function debuggerOf({ child }: Started): Promise<string> {
  const said = await errorsUntil(child, /ws:\/\/\S+/);
  return /(ws:\/\/\S+?):? attach/.exec(said)?.[1] ?? /ws:\/\/\S+/.exec(said)?.[0] ?? "";
}

async function errorsUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  let said = "";
  for await (const chunk of child.stderr ?? []) {
    said += String(chunk);
    if (pattern.test(said)) return said;
  }
  throw new Error(`it ended without ${pattern}: ${said}`);
}

/** Attaches as an editor does. @returns how often it was paused */
async function resume(address: string): Promise<number> {
  const socket = new WebSocket(address);
  let paused = 0;
  let id = 0;
  const send = (method: string) => socket.send(JSON.stringify({ id: ++id, method }));
  await once(socket, "open");
  socket.addEventListener("message", ({ data }) => {
    if (JSON.parse(String(data)).method !== "Debugger.paused") return;
    paused += 1;
    send("Debugger.resume");
  });
  send("Debugger.enable");
  send("Runtime.runIfWaitingForDebugger");
  await once(socket, "close");
  return paused;
}

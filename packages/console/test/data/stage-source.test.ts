// The console of a stage, on real engines: the graph from outputs and registry, dead letters, the journal, and what is missing.

import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { journal } from "@essentially-once/messaging/journal";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { pauseRecords } from "@essentially-once/operator/internal/consumers/pause-record";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anOutboxRow } from "@essentially-once/testing/internal/support/outbox-rows";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Source } from "../../src/data/source.ts";
import { stageSource } from "../../src/data/stage-source.ts";

let world: World;
let source: Source;

beforeAll(async () => {
  world = await aWorld();
  source = await stageSource({ ...stage(), connection: connection() });
});
afterAll(async () => {
  await source.stop();
  await world.stop();
});

test("the graph joins functions by what the registry says that they accept and publish", async () => {
  const { nodes, edges } = await source.flow();
  expect(
    nodes.flatMap(({ kind, label, role }) => (kind === "function" ? [`${role} ${label}`] : [])).sort(),
  ).toEqual(
    expect.arrayContaining(["consumer Standard", "consumer Ordered", "endpoint Ask", "publisher Publish"]),
  );
  const sends = edges.filter(({ kind }) => kind === "sends").map(({ to, types }) => `${to}: ${types.join()}`);
  expect(sends.some((text) => text.startsWith("queue Standard: "))).toBe(true);
  const ids = new Set(nodes.map(({ id }) => id));
  expect(edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([]);
  expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
  expect(await source.about()).toMatchObject({
    target: "stage",
    name: "dev",
    mayChange: false,
    mayTrouble: false,
    missing: [],
  });
  expect(source.trouble).toBeUndefined();
});

test("its queues are counted, and its dead letters shown with what a redrive would do", async () => {
  const body = asciiJson(anEnvelope());
  const QueueUrl = world.output("StandardDeadLetterQueueUrl");
  const ReasonCode = { DataType: "String", StringValue: "SIGNATURE_MISSING" };
  await world.clients.sqs.send(
    new SendMessageCommand({ QueueUrl, MessageBody: body, MessageAttributes: { ReasonCode } }),
  );
  const counts = await source.counts();
  expect(counts).toMatchObject({ dead: 1, missing: [] });
  expect(counts.nodes["dead letters Standard"]).toEqual({ dead: 1 });
  expect(counts.nodes["queue Standard"]?.paused).toBeUndefined();
  const { groups } = await source.deadLetters.overview();
  expect(groups).toMatchObject([{ consumer: "Standard", code: "SIGNATURE_MISSING", count: 1 }]);
  const opened = await source.deadLetters.open({ key: groups[0]?.example ?? "", payload: false });
  expect(opened).toMatchObject({
    redrive: { outcome: "left", why: expect.stringContaining("would be parked again") },
  });
});

test("a message of the journal is found, and a gap is said", async () => {
  const message = anEnvelope({ partitionkey: "order-7" });
  const log = journal({ table: world.output("JournalTable"), client: world.clients.dynamodb });
  await log.append([{ envelope: message, body: asciiJson(message) }], { deadlineMs: Date.now() + 10_000 });
  const { messages, missing } = await source.search("order-7");
  expect(messages.map(({ id }) => id)).toEqual([message.id]);
  expect(missing).toEqual(["Deliveries are not known: the functions' logs are not read here."]);
});

test("a message that waits in the outbox is found there, until it is sent", async () => {
  const message = anEnvelope({ partitionkey: "order-8", data: { card: "4111-secret" } });
  const row = anOutboxRow({ messages: [message] });
  const table = world.output("OrderedOutboxTable");
  await world.put(table, row);
  await world.put(table, { id: "something", place: "else" });
  const found = await source.search("order-8");
  expect(found.messages).toMatchObject([{ id: message.id, state: "outbox" }]);
  const told = await source.message({ id: message.id });
  expect(told?.steps.map(({ text }) => text)).toContain("It waits in the outbox to be sent.");
  expect(JSON.stringify([found, told])).not.toContain("4111-secret");
  await world.remove(table, row);
  expect((await source.search("order-8")).messages).toMatchObject([{ state: "unknown" }]);
});

test("a consumer that an operator paused is shown with who, when and why", async () => {
  const queue = consumerQueues(world.deployment.outputs).find(({ consumer }) => consumer === "Ordered");
  if (!queue) throw new Error("no consumer Ordered");
  const { at, by } = await pauseRecords(world.clients.dynamodb).write(queue, "a repair");
  const looked = await stageSource({ ...stage(), connection: connection() }); // the other looks again in five seconds
  const { nodes } = await looked.counts();
  expect(nodes["queue Ordered"]?.paused).toEqual({ by: "hand", since: at, reason: `${by}: a repair` });
  expect(nodes["queue Standard"]?.paused).toBeUndefined();
});

test("an open breaker and a rate that is behind are shown at the consumer whose limits its stack has registered", async () => {
  const queue = consumerQueues(world.deployment.outputs).find(({ consumer }) => consumer === "Standard");
  const limits = queue?.evidenceTable ?? "";
  const [openedMs, openUntilMs] = [Date.now() - 5_000, Date.now() + 60_000];
  await world.put(limits, { id: "limit#api#breaker", openings: 1, openedMs, openUntilMs });
  await world.put(limits, { id: "limit#api#rate", nextUs: (Date.now() + 90_500) * 1_000 });
  await world.put(limits, { id: "limit#other#breaker", openings: 1, openedMs, openUntilMs }); // nobody's
  const { nodes } = await source.counts();
  expect(nodes["queue Standard"]).toMatchObject({
    paused: { by: "breaker", reason: "api is open", until: new Date(openUntilMs).toISOString() },
    rateBehindSeconds: 90,
  });
  await world.remove(limits, { id: "limit#api#breaker" });
  await world.remove(limits, { id: "limit#api#rate" });
  expect((await source.counts()).nodes["queue Standard"]).not.toHaveProperty("paused");
});

test("a queue or a registry that cannot be read is named, and takes nothing else with it", async () => {
  const { outputs, ...whole } = connection();
  const broken = Object.fromEntries(
    Object.entries(outputs).map(([stack, values]) => {
      const { RegistryPath: _gone, ...others } = values;
      const gone = "StandardQueueUrl" in others && { StandardQueueUrl: `${others.StandardQueueUrl}-gone` };
      return [stack, { ...others, ...gone }];
    }),
  );
  const partly = await stageSource({ ...stage(), connection: { ...whole, outputs: broken } });
  const { missing, nodes } = await partly.counts();
  expect(missing).toEqual([expect.stringContaining("The queues of Standard were not counted")]);
  expect(nodes["queue Ordered"]).toMatchObject({ waiting: 0 });
  expect((await partly.about()).missing).toEqual([expect.stringContaining("RegistryPath")]);
  expect((await partly.flow()).nodes.some(({ id }) => id === "queue Ordered")).toBe(true);
});

test("a permission that is missing is named, and takes nothing else with it", async () => {
  const message = anEnvelope({ partitionkey: "order-9" });
  const log = journal({ table: world.output("JournalTable"), client: world.clients.dynamodb });
  await log.append([{ envelope: message, body: asciiJson(message) }], { deadlineMs: Date.now() + 10_000 });
  const denied = await stageSource({ ...stage(), connection: refusing("ReceiveMessage", "Scan", "GetItem") });
  const { unread, total } = await denied.deadLetters.overview();
  expect(total).toBe(0);
  expect(unread).toContain(
    "Standard: its dead letters were not read: AccessDenied, which sqs:ReceiveMessage would allow",
  );
  const { missing } = await denied.counts();
  const refused = "AccessDenied, which dynamodb:GetItem would allow";
  expect(missing).toContain(`Whether Standard is paused was not read: ${refused}.`);
  expect(missing).toContain(`The limits of Standard were not read: ${refused}.`);
  const found = await denied.search("order-9");
  expect(found.messages.map(({ id }) => id)).toEqual([message.id]);
  expect(found.missing).toContain("The outbox was not read: AccessDenied, which dynamodb:Scan would allow.");
  expect(await denied.message({ id: message.id })).toBeDefined();
});

test("a stage without a message, and one whose release knew fewer outputs, are shown", async () => {
  const { outputs, ...whole } = connection();
  const older = Object.fromEntries(
    Object.entries(outputs).map(([stack, values]) => [
      stack,
      Object.fromEntries(
        Object.entries(values).filter(
          ([key]) => !/^(Schedules|Journal|OrderedOutbox|ClaimCheck|Registry)/.test(key),
        ),
      ),
    ]),
  );
  const shown = await stageSource({ ...stage(), connection: { ...whole, outputs: older } });
  const { messages, missing } = await shown.search("");
  expect(messages).toEqual([]);
  expect(missing).toContain("There is no journal: messages are known by their deliveries alone.");
  expect(await shown.search("nobody")).toMatchObject({ messages: [], more: false });
  expect(await shown.message({ id: "nobody" })).toBeUndefined();
  expect(await shown.correlation("nobody")).toBeUndefined();
  expect((await shown.flow()).nodes.some(({ id }) => id === "queue Standard")).toBe(true);
  expect((await shown.counts()).nodes["queue Standard"]).toMatchObject({ waiting: 0 });
});

/** A connection whose role may not do these. */
function refusing(...operations: readonly string[]): Connection {
  const { outputs, local } = connection();
  const clients = [world.clients.sqs, world.clients.dynamodb].map((client) => {
    const send = (command: { constructor: { name: string } }, ...more: unknown[]) => {
      const operation = command.constructor.name.replace(/Command$/, "");
      if (!operations.includes(operation)) return Reflect.apply(client.send, client, [command, ...more]);
      const service = client === world.clients.sqs ? "sqs" : "dynamodb";
      const message = `User: arn:aws:sts::1:x is not authorized to perform: ${service}:${operation} on resource: arn:y`;
      return Promise.reject(Object.assign(new Error(message), { name: "AccessDenied" }));
    };
    return new Proxy(client, { get: (of, name) => (name === "send" ? send : Reflect.get(of, name)) });
  });
  const [sqs, dynamodb] = clients as unknown as [Connection["sqs"], Connection["dynamodb"]];
  return { sqs, dynamodb, outputs, local };
}

function stage() {
  return { name: "dev", where: "us-east-1", mayChange: false };
}

function connection(): Connection {
  const { sqs, dynamodb } = world.clients;
  return { sqs, dynamodb, outputs: world.deployment.outputs, local: { endpoints: {} } }; // the rest by variables
}

// What `npm run dlq -- pull` brings to this machine, form by form: FIFO, inline, a foreign body, data in the claim-check bucket.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MessageAttributeValue, SendMessageCommand } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import { stringAttributes } from "@essentially-once/messaging/internal/publish/send";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";
import { Approved, Seen, Taken } from "@essentially-once/testing/internal/support/kit/messages";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import { aRunningCloud, type RunningCloud } from "@essentially-once/testing/internal/support/running-cloud";
import { attributesFor, keysIn } from "@essentially-once/testing/signing";
import { afterAll, beforeAll, expect, test } from "vitest";

let running: RunningCloud;
let operator: Operator;
let directory: string;
let assembly: string;

beforeAll(async () => {
  assembly = await bundledAssemblyOf(kitApp);
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-pull-forms-"));
  operator = await anOperator(running.cloud, directory);
});
afterAll(async () => {
  await running?.stop();
  await rm(directory, { recursive: true, force: true });
});

test("G2, G4: one of a FIFO queue writes its evidence and its message into the item of the stage", async () => {
  const ask = newId();
  await running.put("OrderedTable", { id: ask, version: 3, amount: 5 });
  const taken = anEnvelope({
    source: "/standard",
    type: Taken.type,
    partitionkey: ask,
    data: { ask, amount: 7 },
  });
  await park("Ordered", taken, { MessageGroupId: ask, MessageDeduplicationId: newId() });
  const { changes, ...pulled } = await pull(taken.id);
  expect(pulled).toMatchObject({ outcome: "acknowledged", itemsRead: 1, unanswered: [], outside: [] });
  expect(pulled.messages).toEqual([expect.objectContaining({ type: Approved.type, to: ["second"] })]);
  expect(changes).toContainEqual(
    expect.objectContaining({ table: "OrderedTable", key: { id: ask }, change: "changed" }),
  );
  expect(await running.get("OrderedTable", ask)).toEqual({ id: ask, version: 3, amount: 5 });
  const quiet = await operator.run("dlq", "pull", taken.id, "--assembly", assembly, "--values");
  expect(quiet.stdout).toContain('"amount":12');
});

test("a body of another program comes as it is, and at most once is as on the stage", async () => {
  const seen = anEnvelope({ source: "/shop", type: Seen.type, data: { ask: newId() } });
  await park("AtMostOnce", seen);
  expect(await pull(seen.id)).toMatchObject({ outcome: "acknowledged", unanswered: [] });
});

test("G2: data in the claim-check bucket come with it, under the reference that its evidence names", async () => {
  const ask = newId();
  const bucket = running.cloud.output("ClaimCheckBucket");
  const dataref = await claimStore({ bucket, client: running.cloud.clients.s3 }).put(asciiJson({ ask }));
  const { data: _away, ...approved } = anEnvelope({
    source: "/ordered",
    type: Approved.type,
    partitionkey: ask,
  });
  await park("Second", { ...approved, dataref } as Envelope);
  const { changes, ...pulled } = await pull(approved.id);
  expect(pulled).toMatchObject({ outcome: "acknowledged", unanswered: [] });
  expect(changes).toContainEqual(
    expect.objectContaining({ table: "SecondTable", key: { id: ask }, change: "added" }),
  );
});

test("data that are not in the bucket any more are the handler's to refuse, as on the stage", async () => {
  const dataref = `s3://${running.cloud.output("ClaimCheckBucket")}/claims/${"x".repeat(43)}`;
  const { data: _away, ...approved } = anEnvelope({ source: "/ordered", type: Approved.type });
  await park("Second", { ...approved, dataref } as Envelope);
  expect(await pull(approved.id)).toMatchObject({ outcome: "parked", code: "DATAREF_MISSING" });
});

test("what is no message is refused here with the code of the stage", async () => {
  const mark = newId();
  await park("Second", `{"no": "envelope ${mark}"}`);
  const { stdout } = await operator.run("dlq", "list", "--json", "--queue", "second");
  const found = (JSON.parse(stdout).deadLetters as { id: string; reason: string }[]).find(
    ({ reason }) => reason === "BY_THE_TEST",
  );
  const listed = await operator.json("dlq", "list", "--queue", "second");
  const { id = found?.id } =
    (listed.deadLetters as { id: string; type?: string }[]).find(({ type }) => !type) ?? {};
  expect(await pull(id ?? "")).toMatchObject({ outcome: "parked", code: "ENVELOPE_INVALID", changes: [] });
});

interface PulledDocument extends Record<string, unknown> {
  readonly changes: readonly unknown[];
}

async function pull(id: string): Promise<PulledDocument> {
  const document = await operator.json("dlq", "pull", id, "--assembly", assembly);
  return document.pulled as PulledDocument;
}

/** As its consumer's queue would hold it, signed where the relay signs. */
async function park(consumer: string, message: Envelope | string, fifo: object = {}): Promise<void> {
  const { sqs, secretsManager } = running.cloud.clients;
  const body = typeof message === "string" ? message : asciiJson(message);
  const keys = keysIn(secretsManager, running.cloud.output("SigningSecretArn"));
  const signed =
    typeof message === "string" || consumer === "AtMostOnce"
      ? {}
      : await attributesFor(body, running.cloud.output(`${consumer}QueueUrl`), keys);
  const MessageAttributes: Record<string, MessageAttributeValue> = stringAttributes({
    ...signed,
    ReasonCode: "BY_THE_TEST",
  });
  const QueueUrl = running.cloud.output(`${consumer}DeadLetterQueueUrl`);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageAttributes, ...fifo }));
}

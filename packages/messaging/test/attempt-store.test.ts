import { DynamoDBClient, type PutItemCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { anSqsRecord } from "@essentially-once/testing/lambda";
import { localEngines } from "@essentially-once/testing/local-engines";
import type { SQSRecord } from "aws-lambda";
import { expect, it } from "vitest";
import { attemptOf, pastOf } from "../src/commit/received.ts";
import { setClock } from "../src/core/clock.ts";
import { derivedId } from "../src/core/ids.ts";
import { attemptStore } from "../src/receive/attempt-store.ts";

const engines = localEngines();
const first = anSqsRecord("a message");

it("G5: a run that ended speaks for itself, and not for the run after it, of which nothing was heard", async () => {
  const store = await anAttemptStore();
  await store.note(first, "failed");
  expect(await lastRun(received(2))).toBe("ended");
  expect(await lastRun(received(3))).toBeUndefined();
  expect(await lastRun({ ...received(2), messageId: "of another" })).toBe("no note");

  async function lastRun(record: SQSRecord) {
    const runs = await store.lastRuns([record]);
    const run = runs.has(record.messageId) ? runs.get(record.messageId) : "no note";
    return run === "unknown" ? undefined : run;
  }
});

it("G6: a run that failed, or ran alone and never ended, is an attempt; a wait is none, also after a run alone", async () => {
  const store = await anAttemptStore();
  const counted: string[] = [];
  let receives = 1;
  for (const run of ["waited", "failed", "waited", "alone", "alone", "waited", "failed"] as const) {
    const record = received(receives++);
    await store.lastRuns([record]);
    await store.note(record, run);
    const after = received(receives);
    await store.lastRuns([after]);
    counted.push(`${run} ${attemptOf(after) - 1} ${pastOf(after).waits}`);
  }
  expect(counted).toEqual([
    "waited 0 1",
    "failed 1 1",
    "waited 1 2",
    "alone 2 2",
    "alone 3 2",
    "waited 3 3",
    "failed 4 3",
  ]);
});

it("G11: of a message in a line it knows where it began, and counts its waits anew when it comes nearer", async () => {
  const store = await anAttemptStore();
  const waits: number[] = [];
  let receives = 1;
  for (const ahead of [40, 40, 40, 30, 30]) {
    const record = received(receives++);
    await store.lastRuns([record]);
    await store.note(record, "waited", { ahead });
    const after = received(receives);
    await store.lastRuns([after]);
    waits.push(pastOf(after).waits);
    expect(pastOf(after).line).toMatchObject({ firstAhead: 40, ahead });
  }
  expect(waits).toEqual([1, 2, 3, 1, 2]);
});

it("G13: an appointment is told to the next receive, and to no later one or other run", async () => {
  const store = await anAttemptStore();
  const kept = { "limit#api#rate": 1_795_000_000_000_000 };
  await store.note(first, "waited", { kept });
  expect(await keptFor(received(3))).toBeUndefined();
  expect(await keptFor(received(2))).toEqual(kept);
  await store.note(received(2), "failed");
  expect(await keptFor(received(3))).toBeUndefined();

  async function keptFor(record: SQSRecord) {
    await store.lastRuns([record]);
    return pastOf(record).kept;
  }
});

it("G5: who was alone when nothing more was heard stays a suspect, however often it came since", async () => {
  const store = await anAttemptStore();
  await store.note(first, "alone");
  expect((await store.lastRuns([received(4)])).get(first.messageId)).toBe("alone");
});

it("G6: writes what earlier releases read, for a day", async () => {
  const written: Record<string, unknown>[] = [];
  const client = {
    send: async ({ input }: PutItemCommand) => void written.push(unmarshall(input.Item ?? {})),
  } as unknown as DynamoDBClient;
  const store = attemptStore({ table: "notes", client: () => client });
  const restore = setClock(() => 1_781_524_800_000);
  for (const run of ["failed", "waited", "alone"] as const) await store.note(received(3), run);
  restore();
  const id = derivedId("run", first.eventSourceARN, first.messageId);
  const note = { id, receiveCount: 3, expiresAt: 1_781_524_800 + 86_400 };
  expect(written).toEqual([
    { ...note, run: "ended", runs: 1, waits: 0 },
    { ...note, run: "ended", runs: 0, waits: 1 },
    { ...note, run: "alone", runs: 1, waits: 0 },
  ]);
});

function received(times: number): SQSRecord {
  return { ...first, attributes: { ...first.attributes, ApproximateReceiveCount: String(times) } };
}

async function anAttemptStore() {
  const client = new DynamoDBClient({
    endpoint: engines.endpoints.dynamodb,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  const { tableName: table } = await engines.aStreamedTable();
  return attemptStore({ table, client: () => client });
}

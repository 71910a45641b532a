// One message from its commit to its end: what the local cloud's events, the journal and the evidence tell of it.

import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import type { LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { journal } from "@essentially-once/messaging/journal";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deadLetterSource } from "../../src/data/dead-letters/dead-letter-source.ts";
import type { Reached } from "../../src/data/reached.ts";
import { journalReader } from "../../src/data/seen/journal-reader.ts";
import { MESSAGES_MAX } from "../../src/data/seen/message-index.ts";
import { type Messages, messageSource } from "../../src/data/seen/message-source.ts";
import { outboxReader } from "../../src/data/seen/outbox-reader.ts";
import { type Recorder, startRecorder } from "../../src/data/seen/recorder.ts";
import { schedulesReader } from "../../src/data/seen/schedules-reader.ts";

const path = "Notes/NoteTaker/Function";
const type = "notes.taken.v1";
const JOURNAL = "journal-of-tests";

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let recorder: Recorder;
let messages: Messages;
let nowMs: number;
let requests = 0;

beforeAll(async () => {
  world = await aDeadLetterWorld();
  await world.clients.dynamodb.send(
    new CreateTableCommand({
      TableName: JOURNAL,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "sequence", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "sequence", KeyType: "RANGE" },
      ],
    }),
  );
});
beforeEach(async () => {
  queue = await world.aQueue();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  recorder = startRecorder(() => nowMs);
  messages = sourceOf(recorder);
});
afterAll(() => world.stop());

describe("the path of a message", () => {
  test("G11: says how many of its deliveries are not kept", async () => {
    const message = aMessage({ id: "m-1" });
    for (let n = 1; n <= 103; n++) end(deliver([message], { processId: n, receiveCount: n }), "error");
    const told = await messages.message({ id: "m-1" });
    expect(told?.steps.filter(({ what }) => what === "delivered")).toHaveLength(100);
    expect(told?.missing).toContain("The first 3 deliveries are not kept: only the latest 100 are here.");
  });

  test("that only the dead-letter queue has is told, and found by its id, key and correlation", async () => {
    const message = aMessage({ id: "m-1", partitionkey: "order-1", correlationid: "flow-1" });
    await world.park(queue, asciiJson(message), { ReasonCode: "CARD_REFUSED", ReasonDetail: "no" });
    const told = await messages.message({ id: "m-1", source: message.source });
    expect(told).toMatchObject({ message: { id: "m-1", state: "parked" } });
    for (const text of ["m-1", "order-1", "flow-1"]) {
      const fresh = sourceOf(startRecorder(() => nowMs));
      expect((await fresh.search(text)).messages).toMatchObject([{ id: "m-1", state: "parked" }]);
    }
    const flow = await sourceOf(startRecorder(() => nowMs)).correlation("flow-1");
    expect(flow?.messages).toMatchObject([{ id: "m-1" }]);
  });

  test("tells a kill after the commit, the redelivery, and the duplicate that was absorbed", async () => {
    const message = aMessage({ id: "m-1" });
    const first = deliver([message], { processId: 11 });
    say(first, "PROCESSED", message);
    nowMs += 40;
    end(first, "killed");
    note({ kind: "chaos", what: "kill", path, requestId: first });
    nowMs += 30_000;
    const second = deliver([message], { processId: 12, receiveCount: 2 });
    say(second, "DUPLICATE", message);
    end(second, "ok");
    const told = await messages.message({ id: "m-1" });
    const deliveries = told?.steps.filter(({ what }) => what === "delivered") ?? [];
    expect(deliveries).toMatchObject([
      {
        environment: "11",
        receiveCount: 1,
        end: "killed",
        chaos: ["kill"],
        ranMs: 40,
        consumer: "NoteTaker",
      },
      { environment: "12", receiveCount: 2, end: "duplicate" },
    ]);
    expect(deliveries.map(({ text }) => text)).toEqual([
      "Delivery 1, process 11: the process was killed, after its effect was committed.",
      "Delivery 2, process 12: already processed: absorbed, no second effect.",
    ]);
    expect(told?.message.state).toBe("done");
  });

  test.each([
    [
      "RETRY_LATER",
      { errorCode: "LEASE_HELD", retryAfterSeconds: 15 },
      "ok",
      { end: "retried", code: "LEASE_HELD", retryAfterSeconds: 15 },
      "retrying",
    ],
    [
      "PARKED",
      { reasonCode: "CARD_REFUSED", reasonDetail: "no" },
      "ok",
      { end: "parked", code: "CARD_REFUSED", detail: "no" },
      "parked",
    ],
    ["LOST", { errorCode: "Error" }, "ok", { end: "lost" }, "lost"],
    [undefined, {}, "timeout", { end: "timed-out" }, "retrying"],
    [undefined, {}, "error", { end: "failed" }, "retrying"],
  ] as const)("%s %j, then %s, ends as %j: %s", async (code, fields, outcome, step, state) => {
    const message = aMessage({ id: "m-1" });
    const request = deliver([message]);
    if (code) say(request, code, message, fields);
    end(request, outcome);
    const told = await messages.message({ id: "m-1" });
    expect(told?.steps.find(({ what }) => what === "delivered")).toMatchObject(step);
    expect(told?.message.state).toBe(state);
  });

  test("a response that was dropped is told, though the function answered", async () => {
    const message = aMessage({ id: "m-1" });
    const request = deliver([message]);
    say(request, "PROCESSED", message);
    end(request, "ok");
    note({ kind: "chaos", what: "drop-response", path, requestId: request });
    const { steps = [], message: one } = (await messages.message({ id: "m-1" })) ?? {};
    expect(steps.find(({ what }) => what === "delivered")).toMatchObject({ end: "response-dropped" });
    expect(one?.state).toBe("done");
  });

  test("of a batch each message has its own end", async () => {
    const [good, bad] = [aMessage({ id: "good" }), aMessage({ id: "bad" })];
    const request = deliver([good, bad]);
    say(request, "PROCESSED", good);
    say(request, "PARKED", bad, { reasonCode: "CARD_REFUSED" });
    end(request, "ok");
    expect((await messages.message({ id: "good" }))?.message.state).toBe("done");
    expect((await messages.message({ id: "bad" }))?.message.state).toBe("parked");
  });

  test("a message of the journal that nobody got yet waits; its dead letter says so, too", async () => {
    const [waits, dead] = [aMessage({ id: "waits" }), aMessage({ id: "dead" })];
    await append([waits, dead]);
    await world.park(queue, asciiJson(dead), { ReasonCode: "CARD_REFUSED", ReasonDetail: "no" });
    const told = await messages.message({ id: "waits" });
    expect(told?.steps.map(({ what }) => what)).toEqual(["committed", "journaled", "evidence"]);
    expect(told?.message.state).toBe("waiting");
    const parked = await messages.message({ id: "dead", source: dead.source });
    expect(parked?.message.state).toBe("parked");
    expect(parked?.steps.find(({ what }) => what === "parked")).toMatchObject({ code: "CARD_REFUSED" });
  });

  test("G7: a forgery of its id changes nothing of what the journal says of it", async () => {
    const message = aMessage({ id: "genuine", partitionkey: "order-1" });
    await append([message]);
    await messages.search("");
    deliver([aMessage({ id: "genuine", partitionkey: "order-2", type: "forged.v1" })]);
    const told = await messages.message({ id: "genuine", source: "/tests" });
    expect(told?.message).toMatchObject({ type, partitionkey: "order-1" });
    expect((await messages.search("order-2")).messages).toEqual([]);
  });

  test("nothing of a payload is in any answer", async () => {
    const message = aMessage({ id: "paid", data: { card: "4111-secret" } });
    await append([message]);
    say(deliver([message]), "PROCESSED", message);
    const answers = [
      await messages.message({ id: "paid" }),
      await messages.search("paid"),
      await messages.correlation(message.correlationid),
    ];
    expect(JSON.stringify(answers)).not.toContain("4111-secret");
  });
});

describe("a search", () => {
  test("finds by the id of the message, of its key, of its flow, and of SQS", async () => {
    const message = aMessage({ id: "m-1", partitionkey: "order-7", correlationid: "flow-3" });
    deliver([message], { sqsMessageId: "sqs-9" });
    for (const text of ["m-1", "order-7", "flow-3", "sqs-9", " m-1 "]) {
      expect(
        (await messages.search(text)).messages.map(({ id }) => id),
        text,
      ).toEqual(["m-1"]);
    }
    expect((await messages.search("nobody")).messages).toEqual([]);
  });

  test("two messages of one id and different sources are two", async () => {
    deliver([aMessage({ id: "twice", source: "/a" }), aMessage({ id: "twice", source: "/b" })]);
    expect((await messages.search("twice")).messages.map(({ source }) => source).sort()).toEqual([
      "/a",
      "/b",
    ]);
    expect((await messages.message({ id: "twice", source: "/a" }))?.message.source).toBe("/a");
  });

  test("of ten thousand messages answers with a hundred, and memory has a bound", async () => {
    for (let n = 0; n < MESSAGES_MAX + 5_000; n += 10) {
      const batch = Array.from({ length: 10 }, (_, index) =>
        aMessage({ id: `m-${n + index}`, correlationid: `flow-${n}`, partitionkey: `key-${n + index}` }),
      );
      const request = deliver(batch);
      for (const message of batch) say(request, "PROCESSED", message);
      end(request, "ok");
    }
    expect((await messages.search("")).messages).toHaveLength(100);
    expect((await messages.search(`key-${MESSAGES_MAX}`)).messages).toHaveLength(1);
    expect((await messages.correlation(`flow-${MESSAGES_MAX}`))?.messages).toHaveLength(10);
    expect(recorder.messages.size).toBe(MESSAGES_MAX);
    expect((await messages.search("m-0")).messages).toEqual([]); // forgotten, under all its names
    expect((await messages.search("key-0")).messages).toEqual([]);
  });
});

test("a flow has its messages, what caused what, and how long each took", async () => {
  const first = aMessage({ id: "a", correlationid: "flow" });
  const second = aMessage({ id: "b", correlationid: "flow", causationid: "a" });
  nowMs += 100;
  const request = deliver([first]);
  nowMs += 20;
  say(request, "PROCESSED", first);
  end(request, "ok");
  deliver([second]);
  const flow = await messages.correlation("flow");
  expect(flow?.causes).toEqual([{ from: "a", to: "b" }]);
  expect(flow?.messages.find(({ id }) => id === "a")).toMatchObject({
    waitedMs: 100,
    ranMs: 20,
    totalMs: 120,
    deliveries: 1,
  });
  expect((await messages.message({ id: "a" }))?.caused.map(({ id }) => id)).toEqual(["b"]);
});

test("counts what each function did, and processed in the last minute", () => {
  const message = aMessage({ id: "m-1" });
  const request = deliver([message]);
  expect(recorder.totals().get(path)).toMatchObject({ running: 1, invocations: 0 });
  say(request, "PROCESSED", message);
  end(request, "ok");
  end(deliver([message]), "error");
  note({ kind: "chaos", what: "kill", path, requestId: request });
  expect(recorder.totals().get(path)).toMatchObject({ running: 0, invocations: 2, errors: 1, kills: 1 });
  expect(recorder.perMinute(path)).toBe(1);
  nowMs += 61_000;
  expect(recorder.perMinute(path)).toBe(0);
});

test("what anybody may write takes nothing down: no envelope, no JSON, lines of others, names of JavaScript", () => {
  const bodies = [
    "",
    "null",
    "{",
    "[]",
    '{"specversion":"1.0"}',
    '{"specversion":"1.0","id":{},"source":1,"type":[]}',
  ];
  const hostile = asciiJson(aMessage({ id: "__proto__", source: "constructor", correlationid: "toString" }));
  deliver([], { bodies: [...bodies, hostile] });
  for (const line of ["", "{", "null", '{"code":{}}', '{"code":"PROCESSED","messageId":7}', "Error\n at x"]) {
    note({ kind: "log", path, requestId: "r", line });
  }
  note({ kind: "started", path, requestId: "x", processId: 1, event: undefined });
  note({
    kind: "started",
    path,
    requestId: "y",
    processId: 1,
    event: { Records: [{ eventSource: "aws:dynamodb" }] },
  });
  expect(recorder.messages.size).toBe(1);
  expect(recorder.messages.get("__proto__")?.fields.source).toBe("constructor");
});

function aMessage(changes: Partial<Envelope>): Envelope {
  return anEnvelope({ type, source: "/tests", time: new Date(nowMs).toISOString(), ...changes });
}

function deliver(
  batch: readonly Envelope[],
  { processId = 1, receiveCount = 1, sqsMessageId = "", bodies = batch.map((one) => asciiJson(one)) } = {},
): string {
  requests += 1;
  const requestId = `request-${requests}`;
  const Records = bodies.map((body, index) => ({
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue.queueUrl.split("/").at(-1)}`,
    messageId: sqsMessageId || `sqs-${requestId}-${index}`,
    body,
    attributes: { SentTimestamp: String(nowMs), ApproximateReceiveCount: String(receiveCount) },
    messageAttributes: {},
  }));
  note({ kind: "started", path, requestId, processId, event: { Records } });
  return requestId;
}

function say(
  requestId: string,
  code: string,
  message: Envelope,
  fields: Readonly<Record<string, unknown>> = {},
) {
  const { id: messageId, source, type, correlationid: correlation_id } = message;
  const line = JSON.stringify({ code, messageId, source, type, correlation_id, ...fields });
  note({ kind: "log", path, requestId, line });
}

function end(requestId: string, outcome: "ok" | "error" | "timeout" | "killed"): void {
  const more = { records: 1, failures: 0, durationMs: 1, coldStart: false, functionName: "f", processId: 1 };
  note({ kind: "invocation", path, requestId, outcome, ...more });
}

function note(event: LocalEvent): void {
  recorder.note(event);
}

async function append(batch: readonly Envelope[]): Promise<void> {
  const log = journal({ table: JOURNAL, client: world.clients.dynamodb });
  const given = batch.map((envelope) => ({ envelope, body: asciiJson(envelope) }));
  await log.append(given, { deadlineMs: Date.now() + 10_000 });
}

function sourceOf({ messages: index }: Recorder): Messages {
  const { sqs, dynamodb } = world.clients;
  const outputs = { Foundation: { JournalTable: JOURNAL } };
  const reached: Reached = {
    connection: { sqs, dynamodb, outputs, local: { endpoints: {} } },
    queues: [queue],
    known: {},
    registrations: [
      {
        name: "note-taker",
        accepts: [[type]],
        queue: queue.queueUrl,
        publishes: [],
        elsewhere: [],
        stack: "Notes",
      },
    ],
  };
  return messageSource({
    ...{ reached, index, missing: [] },
    deadLetters: deadLetterSource({ reached, messages: index, tell: () => undefined }),
    outbox: outboxReader(reached.connection, index),
    schedules: schedulesReader(reached.connection, index, () => nowMs),
    journal: journalReader(reached.connection, index, { now: () => Date.now() + 1e6 * ++requests }),
  });
}

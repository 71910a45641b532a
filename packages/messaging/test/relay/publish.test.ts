import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { SendMessageBatchCommandInput, SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { type Line, linesOf } from "@essentially-once/testing/internal/support/lines";
import { leaveOut } from "@essentially-once/testing/internal/support/partial-answers";
import { kitTypes, registerProducers } from "@essentially-once/testing/internal/support/register-producers";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dynamodb } from "../../src/aws/clients.ts";
import { sqs } from "../../src/aws/sqs-client.ts";
import { orderingKeyOf } from "../../src/commit/outbox.ts";
import { setClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { asciiJson, type Envelope } from "../../src/envelope/envelope.ts";

let world: World;
let faults: Faults | undefined;
/** Ids are unique to a test: the journal keeps all of them. */
let flow: string;
let publish: typeof import("../../src/publish/relay/publish.ts").handler;
let sweep: typeof import("../../src/publish/relay/sweep.ts").handler;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/");
  await registerProducers(["tests"], { publishes: [...kitTypes, "tests.new.v1"] });
  ({ handler: publish } = await import("../../src/publish/relay/publish.ts"));
  ({ handler: sweep } = await import("../../src/publish/relay/sweep.ts"));
});
beforeEach(async () => {
  flow = newId();
  await world.drain(standard());
  await world.drain(second());
});
afterEach(async () => {
  faults?.remove();
  faults = undefined;
  for (const row of await world.items(outbox())) await world.remove(outbox(), String(row.id));
});
afterAll(() => world.stop());

describe("publish", () => {
  it("G3: sends each message to the queues of its type and deletes the rows", async () => {
    const ids = await rows([asked("1"), approved("2")], [asked("3")]);
    const event = await streamOf(ids);
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    });
    expect(lines).toMatchObject([{ level: "INFO", code: "SENT", rows: 2, messages: 3 }]);
    expect(await received(standard())).toEqual(["1", "3"]);
    expect(await received(second())).toEqual(["2"]);
    expect(await world.items(outbox())).toEqual([]);
  });

  it("G3: keeps the row when the answer to the send is lost, and sends the same id again", async () => {
    faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "after" });
    const event = await streamOf(await rows([asked("1")]));
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext())).toEqual({ batchItemFailures: [{ itemIdentifier: "100" }] });
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "WARN",
        code: "SEND_FAILED",
        queueUrl: standard(),
        errorCode: "TimeoutError",
      }),
    );
    expect(await world.items(outbox())).toHaveLength(1);
    faults.remove();
    expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    const ids = await received(standard());
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids)).toEqual(new Set(["1"]));
  });

  it("G3: killed between send and delete, it sends again and nothing is lost", async () => {
    faults = injectFaults(dynamodb(), { command: "BatchWriteItemCommand", moment: "before" });
    const event = await streamOf(await rows([asked("1")]));
    await expect(publish(event, aContext())).rejects.toThrow();
    expect(await world.items(outbox())).toHaveLength(1);
    faults.remove();
    await publish(event, aContext());
    expect(await received(standard())).toEqual(["1", "1"]);
    expect(await world.items(outbox())).toEqual([]);
  });

  it("G3: a row that was sent and could not be deleted stays, which is logged, and holds nobody", async () => {
    const event = await streamOf(await rows([asked("1")], [asked("2")]));
    const partial = leaveOut(dynamodb(), { command: "BatchWriteItemCommand", requests: 9 });
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext({ remainingMs: 2_000 }))).toEqual({ batchItemFailures: [] });
    });
    partial.remove();
    expect(lines).toMatchObject([
      { level: "WARN", code: "DELETE_UNFINISHED", rows: 1 },
      { level: "INFO", code: "SENT", rows: 2, messages: 2 },
    ]);
    expect(await received(standard())).toEqual(["1", "2"]);
    expect(await world.items(outbox())).toHaveLength(1);
  });

  it("Q8: reports the lowest failed sequence number and deletes only what was sent whole", async () => {
    const ids = await rows([asked("1")], [asked("2"), refused("3")], [approved("4")]);
    const response = await publish(await streamOf(ids), aContext());
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: "101" }] });
    expect((await world.items(outbox())).map((row) => row.id)).toEqual([ids[1]]);
    expect(await received(second())).toEqual(["4"]);
  });

  it("G3: keeps the row of a type whose route is still to be deployed, and sends its neighbours", async () => {
    const ids = await rows([asked("1")], [{ ...asked("2"), type: "tests.new.v1" }], [asked("3")]);
    expect(await publish(await streamOf(ids), aContext())).toEqual({
      batchItemFailures: [{ itemIdentifier: "101" }],
    });
    expect(await received(standard())).toEqual(["1", "3"]);
    expect((await world.items(outbox())).map(({ id }) => id)).toEqual([ids[1]]);
  });

  it("G7: a message of a producer that is not known stays where it is, and its neighbours go", async () => {
    const ids = await rows([asked("1")], [{ ...asked("2"), source: "/stranger" }], [asked("3")]);
    expect(await publish(await streamOf(ids), aContext())).toEqual({
      batchItemFailures: [{ itemIdentifier: "101" }],
    });
    expect(await received(standard())).toEqual(["1", "3"]);
    expect((await world.items(outbox())).map(({ id }) => id)).toEqual([ids[1]]);
  });

  it("G3: sends what was inserted, and not what was changed or removed", async () => {
    const { Records } = await streamOf(await rows([asked("1")], [asked("2")]));
    const [{ dynamodb: changed } = {}, { dynamodb: { NewImage: OldImage, SequenceNumber } = {} } = {}] =
      Records;
    const event = {
      Records: [
        { eventName: "MODIFY", dynamodb: changed },
        { eventName: "REMOVE", dynamodb: { OldImage, SequenceNumber } },
        { eventName: "INSERT", dynamodb: { NewImage: OldImage } },
        { eventName: "INSERT" },
      ],
    } as DynamoDBStreamEvent;
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    });
    expect(lines).toMatchObject([{ level: "INFO", code: "SENT", rows: 0, messages: 0 }]);
    expect(await received(standard())).toEqual([]);
    expect(await world.items(outbox())).toHaveLength(2);
  });

  it("G4: nothing is looked for before a row in the form of older releases, which has no place", async () => {
    const event = await streamOf(await rows([taken("former", "")]));
    faults = injectFaults(dynamodb(), { command: "QueryCommand", moment: "before" });
    expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    expect(faults.attempts).toEqual([]);
    expect(await received(world.output("OrderedQueueUrl"))).toEqual(["former"]);
  });

  it("G5: a row that cannot be read neither holds the shard nor is deleted", async () => {
    const ids = await rows([asked("1")]);
    await world.put(outbox(), {
      id: "foreign",
      createdAt: "2026-01-01T00:00:00.000Z",
      messages: "not a list",
    });
    const event = await streamOf(["foreign", ...ids]);
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    });
    expect(lines).toMatchObject([
      { level: "ERROR", code: "OUTBOX_ROW_INVALID", sequenceNumber: "100", errorCode: "Error" },
      { code: "SENT", rows: 1, messages: 1 },
      { code: "METRICS", ErrorsLogged: 1 },
    ]);
    expect(await received(standard())).toEqual(["1"]);
    expect((await world.items(outbox())).map((row) => row.id)).toEqual(["foreign"]);
  });
});

describe("sweep", () => {
  it("G3: alone delivers everything that the stream never brought, in the order of its creation", async () => {
    const ids = await rows([asked("1")], [asked("2")], [approved("3")]);
    const restoreClock = setClock(() => Date.now() + 61_000);
    expect(await sweep({}, aContext())).toEqual({ rows: 3, sent: 3 });
    restoreClock();
    expect(ids).toHaveLength(3);
    expect(await received(standard())).toEqual(["1", "2"]);
    expect(await received(second())).toEqual(["3"]);
    expect(await world.items(outbox())).toEqual([]);
  });

  it("G4: sends the rows of a key in the order of their creation, on whatever page of the table they are", async () => {
    const ballast = "x".repeat(200_000); // a page of a scan is 1 MB
    const ids = Array.from({ length: 12 }, (_, index) => String(index).padStart(2, "0"));
    await rows(...ids.map((id) => [taken(id, ballast)]));
    const restoreClock = setClock(() => Date.now() + 61_000);
    expect(await sweep({}, aContext())).toEqual({ rows: 12, sent: 12 });
    restoreClock();
    const sqsMessages = await world.drain(world.output("OrderedQueueUrl"));
    expect(sqsMessages.map(({ body }) => JSON.parse(body).id)).toEqual(ids);
  });

  it("G4: the stream's retry and a sweep at once give each message once, in order", async () => {
    const ids = ["1", "2", "3", "4"];
    const event = await streamOf(await rows(...ids.map((id) => [taken(id, "")])));
    const restoreClock = setClock(() => Date.now() + 61_000);
    await Promise.all([publish(event, aContext()), sweep({}, aContext())]);
    restoreClock();
    const sqsMessages = await world.drain(world.output("OrderedQueueUrl"));
    expect(sqsMessages.map(({ body }) => JSON.parse(body).id)).toEqual(ids);
  });

  it("G4: a row in the form of older releases that cannot be sent holds the rows of its key", async () => {
    await rows([refused("1", "kit.taken.v1")]);
    const next = taken(`${flow}/2`, "");
    const table = world.output("OrderedOutboxTable");
    const row = { id: orderingKeyOf(next), place: "next", createdAt: next.time, messages: [asciiJson(next)] };
    await world.put(table, row);
    const restoreClock = setClock(() => Date.now() + 61_000);
    expect(await sweep({}, aContext())).toEqual({ rows: 1, sent: 0 });
    restoreClock();
    expect(await world.items(table)).toEqual([row]);
    expect(await world.drain(world.output("OrderedQueueUrl"))).toEqual([]);
    await world.remove(table, { id: row.id, place: row.place });
  });

  it("leaves young rows to the stream", async () => {
    await rows([asked("1")]);
    const lines = await linesOf(async () => {
      expect(await sweep({}, aContext())).toEqual({ rows: 0, sent: 0 });
    });
    expect(lines).toContainEqual(expect.objectContaining({ level: "INFO", code: "SWEPT", rows: 0, sent: 0 }));
    expect(await world.items(outbox())).toHaveLength(1);
  });
});

describe("what they count", () => {
  it("OutboxAgeSeconds is the age of the oldest row of each sweep, be it young or unreadable, and 0 without one", async () => {
    expect(await counted(() => sweep({}, aContext()))).toMatchObject({ OutboxAgeSeconds: 0 });
    await rows([asked("1")]);
    const createdAt = new Date(Date.now() - 900_000).toISOString();
    await world.put(outbox(), { id: "foreign", createdAt, messages: "not a list" });
    const lines = await linesOf(() => sweep({}, aContext()));
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        code: "OUTBOX_ROW_INVALID",
        id: "foreign",
        errorCode: "Error",
      }),
    );
    const { OutboxAgeSeconds, ErrorsLogged } = metricsIn(lines);
    expect(OutboxAgeSeconds).toBeGreaterThanOrEqual(900);
    expect(OutboxAgeSeconds).toBeLessThan(960);
    expect(ErrorsLogged).toBe(1);
  });

  it("BatchItemFailures are the records that the stream brings again", async () => {
    const ids = await rows([asked("1")], [refused("2")], [approved("3")]);
    const event = await streamOf(ids);
    expect(await counted(() => publish(event, aContext()))).toMatchObject({ BatchItemFailures: 2 });
    await world.remove(outbox(), ids[1] as string);
    const [first] = event.Records;
    expect(await counted(() => publish({ Records: first ? [first] : [] }, aContext()))).toBeUndefined();
  });
});

describe("a trace", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";

  it.each([
    ["01", `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=b7ad6b7169203331;Sampled=1`],
    ["00", undefined],
  ])("is sent to X-Ray beside the message only when it is sampled (flags %s)", async (flags, header) => {
    const traceparent = `00-${traceId}-b7ad6b7169203331-${flags}`;
    const sent: SendMessageBatchRequestEntry[] = []; // fauxqs forgets the header of a batch's entry
    sqs().middlewareStack.add(
      (next) =>
        async function look(args) {
          sent.push(...((args.input as SendMessageBatchCommandInput).Entries ?? []));
          return next(args);
        },
      { name: "look", step: "initialize" },
    );
    await publish(await streamOf(await rows([{ ...asked("1"), traceparent }])), aContext());
    sqs().middlewareStack.remove("look");
    const headers = sent.map(({ MessageSystemAttributes }) => MessageSystemAttributes?.AWSTraceHeader);
    expect(headers.map((one) => one?.StringValue)).toEqual([header]);
  });
});

/** Puts one row for each list of messages. */
async function rows(...lists: (Envelope | string)[][]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, list] of lists.entries()) {
    const id = newId();
    ids.push(id);
    const createdAt = new Date(Date.now() + index).toISOString();
    await world.put(outbox(), { id, createdAt, messages: list.map(bodyOf) });
  }
  return ids;
}

function bodyOf(message: Envelope | string): string {
  return typeof message === "string" ? message : asciiJson(message);
}

/** The rows as the stream brings them, with sequence numbers from 100. */
/** The line of metrics that an invocation writes, if it counts anything. */
async function counted(work: () => Promise<unknown>): Promise<Record<string, number>> {
  return metricsIn(await linesOf(work));
}

function metricsIn(lines: readonly Line[]): Record<string, number> {
  return lines.find(({ code }) => code === "METRICS") as Line as Record<string, number>;
}

async function streamOf(ids: readonly string[]): Promise<DynamoDBStreamEvent> {
  const Records = [];
  for (const [index, id] of ids.entries()) {
    const { Item } = await world.clients.dynamodb.send(
      new GetItemCommand({ TableName: outbox(), Key: marshall({ id }), ConsistentRead: true }),
    );
    Records.push({
      eventName: "INSERT" as const,
      dynamodb: { NewImage: Item, SequenceNumber: String(100 + index) },
    });
  }
  return { Records } as DynamoDBStreamEvent;
}

async function received(queueUrl: string): Promise<string[]> {
  return (await world.drain(queueUrl))
    .map(({ body }) => (JSON.parse(body).id as string).split("/").at(-1) ?? "")
    .sort();
}

function asked(id: string): Envelope {
  return anEnvelope({ id: `${flow}/${id}`, type: "kit.asked.v1" });
}

/** For a FIFO queue. */
function taken(id: string, data: unknown): Envelope {
  return anEnvelope({ id, type: "kit.taken.v1", data });
}

function approved(id: string): Envelope {
  return anEnvelope({ id: `${flow}/${id}`, type: "kit.approved.v1" });
}

/** SQS takes no U+FFFE: this entry fails, and its batch answers 200. */
function refused(id: string, type = "kit.approved.v1"): string {
  return JSON.stringify(anEnvelope({ id: `${flow}/${id}`, type, data: "\ufffe" }));
}

function outbox(): string {
  return world.output("OutboxTable");
}

function standard(): string {
  return world.output("StandardQueueUrl");
}

function second(): string {
  return world.output("SecondQueueUrl");
}

// Numbered messages from a producer's commits through the real relay, which changes their order, to a consumer.
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { register, registerProducers } from "@essentially-once/testing/internal/support/register-producers";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import type { RowKey } from "../src/commit/outbox.ts";
import { rows } from "../src/commit/rows.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, readEnvelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

interface Account extends Versioned {
  readonly steps: readonly number[];
}

const account = z.strictObject({ account: z.string() });
const Asked = messageType({ type: "tests.asked.v1", schema: account, key: (asked) => asked.account });
const Stepped = messageType({ type: "tests.stepped.v1", schema: account, key: (stepped) => stepped.account });

let world: World;
let accountId: string;
let queues: { readonly standard: Place; readonly fifo: Place };
let publish: typeof import("../src/publish/relay/publish.ts").handler;
let sweep: typeof import("../src/publish/relay/sweep.ts").handler;

interface Place {
  readonly name: string;
  readonly url: string;
  readonly deadLetterUrl: string;
}

beforeAll(async () => {
  world = await aWorld();
  queues = { standard: await aPlace(newId()), fifo: await aPlace(`${newId()}.fifo`) };
  world.enter("Relay/");
  await registerProducers(["produce", "step"], { publishes: [Stepped.type] });
  for (const [kind, { url }] of Object.entries(queues))
    await register(kind, { accepts: [[Stepped.type]], queue: url });
  ({ handler: publish } = await import("../src/publish/relay/publish.ts"));
  ({ handler: sweep } = await import("../src/publish/relay/sweep.ts"));
  world.enter("Standard/");
});
beforeEach(() => {
  accountId = newId();
});
afterAll(() => world.stop());

describe.each(["standard", "fifo"] as const)("to a %s queue", (kind) => {
  it("G4, S6: the sweeper overtakes no commit whose writer's clock is ahead: all arrive and take effect in their order", async () => {
    const first = await commit({ clockMs: 90_000 }); // the clock of this writer is ahead
    const late = await streamOf([first]);
    await commit({ clockMs: 0 });
    await commit({ clockMs: 500 });
    await at(61_000, () => sweep({}, aContext()));
    await publish(late, aContext()); // SQS takes its body once in five minutes, to a FIFO queue

    const sqsMessages = await world.drain(queues[kind].url);
    const arrived = sqsMessages
      .map(({ body }) => recordOf(body, queues[kind]))
      .filter(({ body }) => readEnvelope(body).partitionkey === accountId);
    expect(arrived.map(numberOf)).toEqual(["1", "2", "3", ...(kind === "fifo" ? [] : ["1"])]);
    await settleOneByOne(arrived, queues[kind]);
    expect(await steps()).toEqual([1, 2, 3]);
    expect(await world.drain(queues[kind].deadLetterUrl)).toEqual([]);
  });
});

describe("on a FIFO queue", () => {
  it("G4: an overtaken message runs first when both are in one batch", async () => {
    const [second, first] = [await aStep(2), await aStep(1)];
    expect(await receive([second, first], queues.fifo)).toEqual([]);
    expect(await steps()).toEqual([1, 2]);
  });

  it("G4: what is parked because it was overtaken does not hold the message that it waits for", async () => {
    const [second, first] = [await aStep(2), await aStep(1)];
    let open = [second];
    for (let receiveCount = 1; open.length > 0 && receiveCount < 9; receiveCount++) {
      open = await receive(open.map(again(receiveCount)), queues.fifo);
    }
    expect(await reasons(queues.fifo)).toEqual(["SEQUENCE_GAP"]);
    expect(await receive([first], queues.fifo)).toEqual([]);
    expect(await receive([{ ...second, messageId: newId() }], queues.fifo)).toEqual([]); // redriven
    expect(await steps()).toEqual([1, 2]);
  });

  it("G4: it leaves the line of a poison, too, so that a redrive in any order ends in order", async () => {
    const [first, third, second] = [await aStep(1), await aStep(3), await aStep(2)];
    await receive([first], queues.fifo, { refusing: true });
    await receive([third], queues.fifo);
    await receive([second], queues.fifo);
    expect(await reasons(queues.fifo)).toEqual(["REFUSED", "HELD", "HELD"]);

    let open = [first, third, second].map((record) => ({ ...record, messageId: newId() }));
    for (let tour = 1; tour < 9; tour++) {
      const returned: SQSRecord[] = [];
      for (const record of open) returned.push(...(await receive([again(tour)(record)], queues.fifo)));
      open = returned;
    }
    for (let redrive = 1; redrive <= 2; redrive++) {
      for (const { body } of await world.drain(queues.fifo.deadLetterUrl)) {
        await receive([recordOf(body, queues.fifo)], queues.fifo);
      }
    }
    expect(await steps()).toEqual([1, 2, 3]);
    const lines = (await world.items(world.output("StandardEvidenceTable"))).filter(
      ({ group }) => group === accountId,
    );
    expect(lines).toEqual([]);
  });
});

/** A producer's commit, at its own clock; returns the outbox row of it. */
async function commit({ clockMs }: { clockMs: number }): Promise<RowKey> {
  const before = new Set((await world.items(world.output("OrderedOutboxTable"))).map(({ place }) => place));
  const produce = consumer(contract({ name: "produce", accepts: [Asked], publishes: [Stepped] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      const accounts = versionedTable<Account>(world.output("StandardTable"));
      const id = `producer ${data.account}`;
      const found = (await accounts.get(id)) ?? { id, version: 0, steps: [] };
      unit.write(accounts.save(found));
      unit.publish(Stepped.from(data), { sequence: found.version + 1 });
    });
  const asked = anEnvelope({ ...Asked.from({ account: accountId }), id: newId() });
  await at(clockMs, () => produce(anSqsEvent(anSqsRecord(asciiJson(asked))), aContext()));
  const row = (await world.items(world.output("OrderedOutboxTable"))).find(({ place }) => !before.has(place));
  return { id: String(row?.id), place: String(row?.place) };
}

const startMs = Date.now();

async function at<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const began = Date.now();
  const restore = setClock(() => startMs + ms + (Date.now() - began));
  try {
    return await work();
  } finally {
    restore();
  }
}

async function streamOf(keys: readonly RowKey[]): Promise<DynamoDBStreamEvent> {
  const Records = [];
  for (const [index, key] of keys.entries()) {
    const { Item } = await world.clients.dynamodb.send(
      new GetItemCommand({ TableName: world.output("OrderedOutboxTable"), Key: marshall(key) }),
    );
    Records.push({
      eventName: "INSERT",
      dynamodb: { NewImage: Item, SequenceNumber: String(100 + index) },
    });
  }
  return { Records } as DynamoDBStreamEvent;
}

/** The records that go back to the queue. */
async function receive(
  records: readonly SQSRecord[],
  place: Place,
  { refusing = false } = {},
): Promise<SQSRecord[]> {
  Object.assign(process.env, { QUEUE_URL: place.url, DEAD_LETTER_QUEUE_URL: place.deadLetterUrl });
  const step = consumer(contract({ name: "step", accepts: [Stepped], publishes: [Stepped] }))
    .use(idempotency({ evidence: inline({ table: world.output("StandardTable"), by: "sequence" }) }))
    .handler(async ({ data, sequence }, unit) => {
      if (refusing) throw new Park("REFUSED", "no");
      const accounts = versionedTable<Account>(world.output("StandardTable"));
      const found = (await accounts.get(data.account)) ?? { id: data.account, version: 0, steps: [] };
      unit.write(accounts.save({ ...found, steps: [...found.steps, Number(sequence)] }));
    });
  const { batchItemFailures } = await step(anSqsEvent(...records), aContext());
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return records.filter(({ messageId }) => returned.has(messageId));
}

/** Each delivered alone, again and again. */
async function settleOneByOne(records: readonly SQSRecord[], place: Place): Promise<void> {
  let open = [...records];
  for (let receiveCount = 1; open.length > 0 && receiveCount < 5; receiveCount++) {
    const returned: SQSRecord[] = [];
    for (const record of open) returned.push(...(await receive([again(receiveCount)(record)], place)));
    open = returned;
  }
}

async function aStep(sequence: number): Promise<SQSRecord> {
  const draft = Stepped.from({ account: accountId });
  return recordOf(
    asciiJson(anEnvelope({ ...draft, id: `${accountId}-${sequence}`, sequence: String(sequence) })),
    queues.fifo,
  );
}

function recordOf(body: string, { name }: Place): SQSRecord {
  return anSqsRecord(body, {
    queueName: name,
    ...(name.endsWith(".fifo") && { group: readEnvelope(body).partitionkey }),
  });
}

function again(receiveCount: number): (record: SQSRecord) => SQSRecord {
  return (record) => ({
    ...record,
    attributes: { ...record.attributes, ApproximateReceiveCount: String(receiveCount) },
  });
}

function numberOf({ body }: SQSRecord): string {
  return String(Number(readEnvelope(body).sequence));
}

async function steps(): Promise<unknown> {
  return (await world.get(world.output("StandardTable"), accountId))?.steps;
}

async function reasons({ deadLetterUrl }: Place): Promise<unknown[]> {
  return (await world.drain(deadLetterUrl)).map(({ attributes }) => attributes.ReasonCode);
}

async function aPlace(name: string): Promise<Place> {
  const url = await aQueue(name);
  return { name, url, deadLetterUrl: await aQueue(`dead-${name}`) };
}

async function aQueue(name: string): Promise<string> {
  const { QueueUrl = "" } = await world.clients.sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      ...(name.endsWith(".fifo") && { Attributes: { FifoQueue: "true" } }),
    }),
  );
  return QueueUrl;
}

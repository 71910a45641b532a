import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { hasRun, runToEnd, watched, watchedWork } from "../src/aws/in-flight.ts";
import { effects } from "../src/commit/effect.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import type { UnitOfWork } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Poked = messageType({
  type: "tests.poked.v1",
  schema: z.strictObject({ id: z.string() }),
  key: ({ id }) => id,
});
const Answered = messageType({ type: "tests.answered.v1", schema: z.strictObject({}), key: () => "all" });

let world: World;
let message: Envelope;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  message = anEnvelope(Poked.from({ id: newId() }));
});
afterAll(() => world.stop());

describe("a handler that does not wait for what it started", () => {
  it("Q12, G2: commits nothing, and is parked with the name of it after its last attempt", async () => {
    const careless = aHandler(async (id, unit) => {
      unit.write(things().save({ id, version: 0 }));
      void dynamodb().send(new GetItemCommand(aGet())); // no await
    });
    expect(await isReturned(careless)).toBe(true);
    expect(await world.get(table(), message.partitionkey)).toBeUndefined();
    const messageId = newId();
    for (let receive = 1; receive <= 5; receive++)
      expect(await isReturned(careless, receive, messageId)).toBe(receive < 5);
    const [deadLetter] = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(deadLetter?.attributes).toMatchObject({
      ReasonCode: "NOT_AWAITED",
      ReasonDetail: "1 still running when the handler ended: GetItemCommand",
    });
  });

  it("Q12: so does one that forgets an effect; the effect ends, and the next delivery has its result", async () => {
    let performed = 0;
    let waits = false;
    const ship = consumer(contract({ name: `ship-${newId()}`, accepts: [Poked], publishes: [Answered] }))
      .use(idempotency({ evidence: rows() }))
      .use(effects())
      .handler(async ({ data }, unit, { effect }) => {
        const sent = effect(data.id, { perform: async () => ++performed });
        if (waits) unit.write(things().save({ id: data.id, version: 0, answer: await sent }));
      });
    expect(await isReturned(ship)).toBe(true);
    await expect.poll(() => recorded(message.partitionkey)).toBe(true);
    waits = true;
    expect(await isReturned(ship, 2)).toBe(false);
    expect(await world.get(table(), message.partitionkey)).toMatchObject({ answer: 1 });
    expect(performed).toBe(1);
  });

  it("Q12: so does one whose own client is watched", async () => {
    const own = watched(new DynamoDBClient({ endpoint: String(process.env.AWS_ENDPOINT_URL_DYNAMODB) }));
    const careless = aHandler(async () => void own.send(new GetItemCommand(aGet())));
    expect(await isReturned(careless)).toBe(true);
  });

  it("Q12: names five of them, and a call of a client that is watched twice once", async () => {
    const unit = { write: () => undefined, publish: () => undefined };
    const leave = (count: number) => async () => {
      for (let n = 1; n <= count; n++) void watchedWork(`w${n}`, () => new Promise(() => undefined));
    };
    const detailOf = (work: () => Promise<void>) =>
      runToEnd(unit, work).then(
        () => "none",
        ({ lastly }) => lastly.detail,
      );
    expect(hasRun(unit)).toBe(false);
    const said = "still running when the handler ended:";
    expect(await detailOf(leave(5))).toBe(`5 ${said} w1, w2, w3, w4, w5`);
    expect(hasRun(unit)).toBe(true);
    expect(await detailOf(leave(6))).toBe(`6 ${said} w1, w2, w3, w4, w5 …`);
    const twice = watched(
      watched(new DynamoDBClient({ endpoint: String(process.env.AWS_ENDPOINT_URL_DYNAMODB) })),
    );
    const call = async () => void twice.send(new GetItemCommand(aGet())).catch(() => undefined);
    expect(await detailOf(call)).toBe(`1 ${said} GetItemCommand`);
  });

  it("a neighbour that waits is not blamed", async () => {
    const other = anEnvelope(Poked.from({ id: newId() }));
    const mixed = aHandler(async (id, unit) => {
      const call = dynamodb().send(new GetItemCommand(aGet()));
      if (id === other.partitionkey) await call;
      unit.write(things().save({ id, version: 0 }));
    });
    const records = [message, other].map((one) => anSqsRecord(asciiJson(one)));
    const { batchItemFailures } = await mixed(anSqsEvent(...records), aContext());
    expect(batchItemFailures).toEqual([{ itemIdentifier: records[0]?.messageId }]);
    expect(await world.get(table(), other.partitionkey)).toMatchObject({ version: 1 });
  });

  it("waiting for all, also for a call that failed, is waiting", async () => {
    const careful = aHandler(async (id, unit) => {
      await Promise.all([1, 2, 3].map(() => dynamodb().send(new GetItemCommand(aGet()))));
      const noTable = { TableName: "none", Key: marshall({ id }) };
      await dynamodb()
        .send(new GetItemCommand(noTable))
        .catch(() => undefined);
      unit.write(things().save({ id, version: 0 }));
    });
    expect(await isReturned(careful)).toBe(false);
    expect(await world.get(table(), message.partitionkey)).toMatchObject({ version: 1 });
  });
});

describe("what a handler left behind, unseen, when it ended", () => {
  it.each<[string, (unit: UnitOfWork) => unknown]>([
    ["unit.write", (unit) => unit.write(things().save({ id: newId(), version: 0 }))],
    ["unit.publish", (unit) => unit.publish(Answered.from({}))],
    [
      "PutItemCommand",
      () => dynamodb().send(new PutItemCommand({ TableName: table(), Item: marshall({ id: "late" }) })),
    ],
  ])("Q12: cannot call %s any more", async (call, late) => {
    const ended = Promise.withResolvers<void>();
    let left: Promise<unknown> = Promise.resolve();
    const leaving = aHandler(async (id, unit) => {
      unit.write(things().save({ id, version: 0 }));
      left = ended.promise.then(() => late(unit)).catch((error: unknown) => error);
    });
    expect(await isReturned(leaving)).toBe(false);
    ended.resolve();
    const lines = await linesOf(async () =>
      expect(await left).toEqual(
        new Error(`${call} was called after its handler ended: await everything the handler starts`),
      ),
    );
    expect(lines.filter(({ code }) => code !== "METRICS")).toMatchObject([
      { level: "ERROR", code: "CALLED_LATE", call },
    ]);
    expect(await world.get(table(), "late")).toBeUndefined();
  });
});

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

interface Thing extends Versioned {
  readonly answer?: number;
}

function aHandler(work: (id: string, unit: UnitOfWork) => Promise<void>): Handler {
  return consumer(contract({ name: "poke", accepts: [Poked], publishes: [Answered] }))
    .use(idempotency({ evidence: rows() }))
    .handler(({ data }, unit) => work(data.id, unit));
}

async function isReturned(handler: Handler, receiveCount = 1, messageId = newId()): Promise<boolean> {
  const record = { ...anSqsRecord(asciiJson(message), { receiveCount }), messageId };
  return (await handler(anSqsEvent(record), aContext())).batchItemFailures.length > 0;
}

function things() {
  return versionedTable<Thing>(table());
}

function table(): string {
  return world.output("StandardTable");
}

function aGet() {
  return { TableName: table(), Key: marshall({ id: "any" }) };
}

async function recorded(key: string): Promise<boolean> {
  const items = await world.items(world.output("StandardEvidenceTable"));
  return items.some((item) => item.key === key && item.state === "settled");
}

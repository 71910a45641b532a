import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { atMostOnce } from "../src/commit/at-most-once.ts";
import type { MessageMiddleware } from "../src/commit/delivery.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { rows } from "../src/commit/rows.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import type { Envelope } from "../src/envelope/envelope.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";
import { endpoint } from "../src/receive/endpoint.ts";
import { itemId, slotOf } from "../src/schedule/scheduled-item.ts";
import { schedules } from "../src/schedule/schedules.ts";
import type { Scheduling } from "../src/schedule/scheduling.ts";

const aSchema = z.strictObject({ id: z.string() });
const Asked = messageType({ type: "tests.asked.v1", schema: aSchema, key: ({ id }) => id });
const Due = messageType({ type: "tests.due.v1", schema: aSchema, key: ({ id }) => id });
const Answered = messageType({ type: "tests.answered.v1", schema: aSchema, key: ({ id }) => id });

const remind = contract({
  name: "remind",
  accepts: [Asked],
  publishes: [Answered, Due],
  schedules: [Due],
});

interface Asking extends Versioned {
  readonly asked: number;
}

let world: World;
let faults: Faults | undefined;
let id: string;
let table: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Ordered/Ordered");
  table = world.output("SchedulesTable");
});
beforeEach(() => {
  id = newId();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

type Handler = (unit: Scheduling<"tests.due.v1">) => Promise<void>;

describe.each([
  ["rows", () => idempotency({ evidence: rows() })],
  ["inline", () => idempotency({ evidence: inline({ table: stateTable() }) })],
  ["at most once", () => atMostOnce()],
] as const)("scheduling with %s", (name, evidence) => {
  it("G1: commits a scheduled message with state, evidence and outgoing messages", async () => {
    await receive(evidence(), async (unit) => {
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } });
    });
    const { message, ...item } = (await scheduled()) ?? {};
    expect(item).toMatchObject({ key: id, form: 1 });
    expect(Date.parse(String(item.due)) - Date.now()).toBeGreaterThan(3_590_000);
    expect(JSON.parse(String(message))).toMatchObject({ type: Due.type, source: "/remind", data: { id } });
    expect(await asked()).toBe(1);
  });

  it("G12: cancels a waiting message, and says so when nothing does", async () => {
    await receive(evidence(), async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } }),
    );
    const answers: boolean[] = [];
    for (let round = 0; round < 2; round++)
      await receive(evidence(), async (unit) => {
        answers.push(await unit.cancel(id));
      });
    expect(answers).toEqual([true, false]);
    expect(await scheduled()).toBeUndefined();
  });

  it("G12: moves a waiting message to another time, and says so when nothing does", async () => {
    const at = "2040-01-01T00:00:00.000Z";
    const answers: boolean[] = [];
    const move: Handler = async (unit) => {
      answers.push(await unit.reschedule(id, { at }));
    };
    await receive(evidence(), move);
    await receive(evidence(), async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } }),
    );
    const before = await scheduled();
    await receive(evidence(), move);
    expect(answers).toEqual([false, true]);
    expect(await scheduled()).toEqual({ ...before, due: at });
  });

  it("G12: replaces a waiting message in one unit: cancel, then schedule", async () => {
    await receive(evidence(), async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } }),
    );
    const first = await scheduled();
    await receive(evidence(), async (unit) => {
      await unit.cancel(id);
      unit.schedule(Due.from({ id }), { key: id, at: new Date("2040-01-01") });
    });
    const second = await scheduled();
    expect(second?.due).toBe("2040-01-01T00:00:00.000Z");
    expect(second?.messageId).not.toBe(first?.messageId);
  });

  it("G12: cancels the waiting message and keeps a new one, in the order of the calls of one unit", async () => {
    const schedule: Handler = async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } });
    await receive(evidence(), schedule);
    const first = await scheduled();
    const answers: boolean[] = [];
    await receive(evidence(), async (unit) => {
      const canceled = unit.cancel(id);
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 2 } });
      answers.push(await canceled);
    });
    const second = await scheduled();
    expect(Date.parse(String(second?.due)) - Date.parse(String(first?.due))).toBeGreaterThan(3_000_000);
    await receive(evidence(), async (unit) => {
      await schedule(unit);
      answers.push(...(await Promise.all([unit.cancel(id), unit.reschedule(id, { after: { hours: 5 } })])));
    });
    expect(answers).toEqual([true, true, false]);
    expect(await scheduled()).toBeUndefined();
  });

  if (name === "at most once") return; // its loss is counted

  it("G12: a cancel that finds nothing learns of a message that is scheduled before its commit", async () => {
    const answers: boolean[] = [];
    const key = id;
    await receive(evidence(), async (unit) => {
      answers.push(await unit.cancel(key));
      if (answers.length > 1) return;
      id = newId(); // another item
      await receive(evidence(), async (other) =>
        other.schedule(Due.from({ id }), { key, after: { hours: 1 } }),
      );
      id = key;
    });
    expect(answers).toEqual([false, true]);
    expect(await scheduled()).toBeUndefined();
    expect(await asked()).toBe(1);
  });

  it("G12: a cancel that loses the race against the dispatch learns it, and its handler decides again", async () => {
    await receive(evidence(), async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } }),
    );
    const answers: boolean[] = [];
    await receive(evidence(), async (unit) => {
      answers.push(await unit.cancel(id));
      await world.remove(table, itemId("remind", id)); // the dispatcher is faster
    });
    expect(answers).toEqual([true, false]);
    expect(await asked()).toBe(2);
  });

  it("G12: refuses a second message under a key, and keeps the first", async () => {
    const schedule: Handler = async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } });
    await receive(evidence(), schedule);
    const first = await scheduled();
    const codes: unknown[] = [];
    await receive(evidence(), schedule, { failed: (error) => codes.push(error) });
    expect(codes.at(-1)).toMatchObject({ code: "SCHEDULE_EXISTS" });
    expect(await scheduled()).toEqual(first);
    expect(await asked()).toBe(1);
  });

  it("G2: a delivery whose commit lost its response schedules once", async () => {
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [1, 2, 3],
    });
    const message = anEnvelope({ type: Asked.type, partitionkey: id, data: { id } });
    const schedule: Handler = async (unit) =>
      unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } });
    await receive(evidence(), schedule, { message });
    const first = await scheduled();
    await receive(evidence(), schedule, { message });
    expect(await scheduled()).toEqual(first);
    expect(await asked()).toBe(1);
  });
});

describe("a scheduling handler", () => {
  it("G1: without evidence is told that nothing was committed", async () => {
    const errors: string[] = [];
    const message = anEnvelope({ type: Asked.type, partitionkey: id, data: { id } });
    const handler = consumer(remind)
      .use(schedules({ table }))
      .handler(async (_message, unit) => unit.schedule(Due.from({ id }), { key: id, after: { hours: 1 } }));
    const lines = await linesOf(() => handler(anSqsEvent(anSqsRecord(asciiJson(message))), aContext()));
    errors.push(...lines.map(({ errorCode }) => String(errorCode)));
    expect(errors).toContain("UNIT_NOT_COMMITTED");
    expect(await scheduled()).toBeUndefined();
  });

  it("G1: may be an endpoint's: a repeated request schedules once", async () => {
    const ask = contract({ name: "remind", accepts: [Asked], publishes: [Due], schedules: [Due] });
    const handler = endpoint(ask)
      .use(idempotency({ evidence: rows() }))
      .use(schedules({ table }))
      .handler(async ({ data }, unit) => {
        unit.schedule(Due.from(data), { key: data.id, after: { hours: 1 } });
        return { scheduled: data.id };
      });
    const event = {
      headers: { "idempotency-key": id },
      requestContext: { http: { method: "POST" } },
      body: JSON.stringify({ id }),
      isBase64Encoded: false,
    } as unknown as APIGatewayProxyEventV2;
    expect(await handler(event, aContext())).toMatchObject({ statusCode: 201 });
    const first = await scheduled();
    expect(await handler(event, aContext())).toMatchObject({ statusCode: 201 });
    expect(first).toMatchObject({ key: id });
    expect(await scheduled()).toEqual(first);
  });

  it("G12: asks for a wake-up when it schedules for soon, and for none when later", async () => {
    const wakeUpQueueUrl = world.output("SchedulesWakeUps");
    const at = async (seconds: number) => {
      const message = anEnvelope({ type: Asked.type, partitionkey: id, data: { id } });
      await consumer(remind)
        .use(idempotency({ evidence: rows() }))
        .use(schedules({ table, wakeUpQueueUrl }))
        .handler(async (_message, unit) => {
          unit.schedule(Due.from({ id }), { key: `${id}-${seconds}`, after: { seconds } });
        })(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    };
    await at(3_600);
    await at(0);
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // the shortest delay that SQS knows
    const wakeUps = (await world.drain(wakeUpQueueUrl)).map(({ body }) => JSON.parse(body));
    expect(wakeUps).toMatchObject([{ slots: [slotOf(itemId("remind", `${id}-0`))] }]);
  });

  it("G12: needs no queue of wake-ups: without one, what is due soon is committed for the next minute", async () => {
    const { WAKE_UP_QUEUE_URL } = process.env;
    delete process.env.WAKE_UP_QUEUE_URL;
    const message = anEnvelope({ type: Asked.type, partitionkey: id, data: { id } });
    const answer = await consumer(remind)
      .use(idempotency({ evidence: rows() }))
      .use(schedules({ table }))
      .handler(async (_message, unit) => {
        unit.schedule(Due.from({ id }), { key: id, after: { seconds: 1 } });
      })(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    if (WAKE_UP_QUEUE_URL !== undefined) process.env.WAKE_UP_QUEUE_URL = WAKE_UP_QUEUE_URL;
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await scheduled()).toMatchObject({ key: id });
  });

  it("schedules only the types of its contract, at a time that is one, under a key that is one", async () => {
    const evidence = () => idempotency({ evidence: rows() });
    const refused: [Handler, string][] = [
      [
        // @ts-expect-error the contract publishes it, and does not schedule it
        async (unit) => unit.schedule(Answered.from({ id }), { key: id, after: { hours: 1 } }),
        "TYPE_NOT_SCHEDULED",
      ],
      [async (unit) => unit.schedule(Due.from({ id }), { key: "", after: { hours: 1 } }), "SCHEDULE_INVALID"],
      [async (unit) => unit.schedule(Due.from({ id }), { key: id, at: "tomorrow" }), "SCHEDULE_INVALID"],
      [
        async (unit) => unit.schedule(Due.from({ id }), { key: id, after: { hours: -1 } }),
        "SCHEDULE_INVALID",
      ],
      [async (unit) => unit.schedule(Due.from({ id }), { key: id, after: {} }), "SCHEDULE_INVALID"],
      [
        async (unit) => unit.schedule(Due.from({ id: 1 } as never), { key: id, after: { days: 1 } }),
        "PUBLISH_INVALID",
      ],
    ];
    for (const [handler, code] of refused) {
      const errors: unknown[] = [];
      await receive(evidence(), handler, { failed: (error) => errors.push(error) });
      expect(errors, code).toMatchObject([{ code }]);
    }
    expect(await scheduled()).toBeUndefined();
  });
});

async function receive(
  evidence: MessageMiddleware,
  work: Handler,
  {
    failed = () => undefined,
    message = anEnvelope({ type: Asked.type, partitionkey: id, data: { id } }),
  }: { failed?: (error: unknown) => void; message?: Envelope } = {},
) {
  const states = versionedTable<Asking>(stateTable());
  const handler = consumer(remind)
    .use({ onError: ({ error }) => void failed(error) } as MessageMiddleware)
    .use(evidence)
    .use(schedules({ table }))
    .handler(async (_message, unit) => {
      const state = (await states.get(id)) ?? { id, version: 0, asked: 0 };
      unit.write(states.save({ ...state, asked: state.asked + 1 }));
      await work(unit);
    });
  return handler(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
}

function stateTable(): string {
  return world.output("OrderedTable");
}

async function scheduled() {
  return world.get(table, itemId("remind", id));
}

async function asked() {
  return (await versionedTable<Asking>(stateTable()).get(id))?.asked;
}

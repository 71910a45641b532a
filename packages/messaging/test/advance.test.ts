import { UpdateItemCommand, type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { newId } from "../src/core/ids.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { advance } from "../src/process/advance.ts";
import { begin } from "../src/process/begin.ts";
import { type ProcessItem, process, stored } from "../src/process/process.ts";
import { scheduling } from "../src/schedule/scheduling.ts";

interface Bill extends ProcessItem {
  readonly status: "open" | "paid" | "late";
  readonly due: number;
}

const schema = z.strictObject({ bill: z.string(), amount: z.int() });
const key = (data: { readonly bill: string }) => data.bill;
const Paid = messageType({ type: "tests.paid.v1", schema, key });
const Overdue = messageType({ type: "tests.overdue.v1", schema, key });
const after = () => ({ hours: Number(process_.env.HOURS) });
const process_ = globalThis.process;

const payBill = process({
  name: "pay-bill",
  accepts: [Paid, Overdue],
  publishes: [Overdue],
  schedules: [Overdue],
  table: stored<Bill>("ORDERED_TABLE"),
  initial: ["open"],
  states: {
    none: { every: { park: "BILL_UNKNOWN" } },
    open: {
      timeout: { type: Overdue, data: ({ id, due }) => ({ bill: id, amount: due }), after },
      [Paid.type]: { to: "paid", step: ({ data }) => ({ change: { due: -data.amount }, ...data }) },
      [Overdue.type]: { to: "late" },
    },
    paid: { final: true, every: "ignored" },
    late: { final: true, every: { park: "BILL_LATE" } },
  },
});

let world: World;
let id: string;
beforeAll(async () => {
  world = await aWorld();
  world.enter("Ordered/Ordered");
  vi.stubEnv("HOURS", "2");
});
beforeEach(() => {
  id = newId();
});
afterAll(() => world.stop());

describe("a process", () => {
  it("G14: parks what its table parks, with the status that it found", async () => {
    await expect(run("none")).rejects.toMatchObject({
      code: "BILL_UNKNOWN",
      detail: `pay-bill ${id} is none`,
    });
    await expect(run("late")).rejects.toMatchObject({ code: "BILL_LATE", detail: `pay-bill ${id} is late` });
  });

  it("G14: does nothing with a message that can move nothing any more", async () => {
    expect(await run("paid")).toMatchObject({ writes: [], messages: [] });
  });

  it("G14: leaves the kit's attributes of an item to the kit, whatever a step says", async () => {
    const { writes } = await run("open", { id: "another", version: 9, status: "late" });
    const { Key, ExpressionAttributeValues: values } = writes[0]?.Update ?? {};
    expect(writes).toHaveLength(1);
    expect({ Key, values: Object.values(values ?? {}) }).toMatchObject({
      Key: { id: { S: id } },
      values: expect.arrayContaining([{ S: "paid" }, { N: "2" }, { N: "-40" }]),
    });
  });

  it("waits with a message for a status that an older release does not know, and parks it when that lasts", async () => {
    await expect(run("disputed")).rejects.toMatchObject({
      ...{ name: "RetryLater", code: "STATUS_UNKNOWN" },
      lastly: { name: "Park", code: "STATUS_UNKNOWN", detail: "pay-bill has no status disputed" },
    });
  });

  it("ends a wait of an earlier release, which had the last of its time-outs", async () => {
    const withoutTimeouts = process({
      ...{ name: "pay-bill", accepts: [Paid], publishes: [], table: stored<Bill>("ORDERED_TABLE") },
      initial: ["open", "late"],
      states: {
        none: { every: { park: "BILL_UNKNOWN" } },
        open: { timeout: "none", [Paid.type]: { to: "paid" } },
        paid: { final: true, every: "ignored" },
        late: { final: true, every: "ignored" },
      },
    });
    const item = { id, version: 1, status: "open", due: 40, enteredBy: "m-0" };
    await world.put(world.output("OrderedTable"), item);
    const unit = unitOfWork({ contract: withoutTimeouts, cause: anEnvelope() });
    const message = anEnvelope({ ...Paid.from({ bill: id, amount: 40 }), partitionkey: id });
    await advance(withoutTimeouts)(message as never, unit as never, aContext() as never);
    expect(unit.writes).toHaveLength(1);
  });

  it("parks a step that leads where its cell does not", async () => {
    await expect(run("open", {}, "late")).rejects.toMatchObject({
      code: "STATUS_UNDECLARED",
      detail: "pay-bill on tests.paid.v1 may lead to paid, got late",
    });
  });
});

interface Debt extends ProcessItem {
  readonly status: "open" | "reminded" | "settled";
  readonly due: number;
}

const Opened = messageType({ type: "tests.opened.v1", schema, key });
const Settled = messageType({ type: "tests.settled.v1", schema, key });
const data = ({ id: bill, due: amount }: Debt) => ({ bill, amount });
let asked: number;
const inTwoHours = () => {
  asked++;
  return { hours: 2 };
};

const settleDebt = process({
  name: "settle-debt",
  accepts: [Opened, Paid, Overdue],
  publishes: [Overdue, Settled],
  schedules: [Overdue],
  table: stored<Debt>("ORDERED_TABLE"),
  initial: ["open", "settled"],
  states: {
    none: {
      [Opened.type]: { to: "open", step: ({ data: { amount: due } }) => ({ change: { due } }) },
      [Paid.type]: "ignored",
      [Overdue.type]: "ignored",
    },
    open: {
      timeout: { type: Overdue, data, after: { hours: 1 } },
      [Opened.type]: "ignored",
      [Paid.type]: {
        oneOf: ["open", "settled"],
        choose: ({ data: { bill, amount } }, { due }) => {
          if (amount === 0) return {} as never; // as only JavaScript can
          if (amount < due) return { to: "open", change: { due: due - amount } };
          return { to: "settled", change: { due: 0 }, publish: [Settled.from({ bill, amount })] };
        },
      },
      [Overdue.type]: { to: "reminded" },
    },
    reminded: {
      timeout: { type: Overdue, data, after: inTwoHours },
      [Opened.type]: "ignored",
      [Paid.type]: { to: "settled" },
      [Overdue.type]: { to: "settled" },
    },
    settled: {
      timeout: "none",
      [Opened.type]: { to: "open" },
      [Paid.type]: "ignored",
      [Overdue.type]: "ignored",
    },
  },
});

describe("a process that waits", () => {
  const open = { status: "open", due: 40, enteredBy: "opening" };

  it("G12: makes its item with the first time-out, and is deaf to anything else before", async () => {
    expect(await met(Paid, undefined)).toMatchObject({ saved: undefined, writes: 0 });
    const { message, ...made } = await met(Opened, undefined);
    expect(made).toMatchObject({ saved: { status: "open", due: 40, version: 1, enteredBy: message.id } });
    expect(made).toMatchObject({ cancelled: 0, hours: [1] });
  });

  it("G12: keeps its time-out running while it stays where it is", async () => {
    const paid = await met(Paid, open, { amount: 15 });
    expect(paid).toMatchObject({ saved: { ...open, due: 25, version: 2 }, cancelled: 0, hours: [] });
  });

  it("G12: cancels its time-out when something else ends the wait", async () => {
    const paid = await met(Paid, open);
    expect(paid).toMatchObject({ cancelled: 1, hours: [], published: [Settled.type] });
    expect(paid.saved).toEqual({ id, version: 2, status: "settled", due: 0 });
  });

  it("G12: schedules the next time-out when one ends the wait, and has none to cancel", async () => {
    const { message, ...late } = await met(Overdue, open, { causationid: "opening" });
    expect(late).toMatchObject({ saved: { status: "reminded", enteredBy: message.id }, hours: [2] });
    expect(late.cancelled).toBe(0);
    const settled = { status: "settled", due: 0 };
    expect(await met(Opened, settled)).toMatchObject({ cancelled: 0, hours: [1] });
  });

  it("G14: is deaf to the time-out of an earlier wait", async () => {
    const reminded = { ...open, status: "reminded" };
    const late = await met(Overdue, reminded, { causationid: "earlier" });
    expect(late).toMatchObject({ writes: 0, hours: [], saved: { version: 1 } });
    expect(await met(Paid, reminded, { causationid: "earlier" })).toMatchObject({ writes: 1 });
    const without = { ...open, status: "settled" }; // a release has taken the time-out away
    expect(await met(Opened, without)).toMatchObject({ saved: { status: "open" }, cancelled: 1 });
    const unsaid = await met(Overdue, { status: "reminded", due: 40 });
    expect(unsaid).toMatchObject({ saved: { status: "settled" } });
  });

  it("G14: is deaf to the time-out of another process, which waits for the same message", async () => {
    const theirs = { source: "/settle-another", causationid: "opening" };
    expect(await met(Overdue, open, theirs)).toMatchObject({ writes: 0, saved: { status: "open" } });
    expect(await met(Paid, open, theirs)).toMatchObject({ saved: { status: "settled" } });
  });

  it("G14: ends the wait that began from outside by the time-out of its beginner, and by no other", async () => {
    const begun = { status: "open", due: 40, begunBy: "/open-debt request" };
    const own = { source: "/open-debt", causationid: "request" };
    for (const other of [{ source: "/settle-debt" }, { causationid: "another" }])
      expect(await met(Overdue, begun, { ...own, ...other })).toMatchObject({ writes: 0 });
    const { message, saved, cancelled } = await met(Overdue, begun, own);
    expect(saved).toEqual({ id, version: 2, status: "reminded", due: 40, enteredBy: message.id });
    expect(cancelled).toBe(0);
    expect(await met(Paid, begun, { amount: 15 })).toMatchObject({ saved: { ...begun, due: 25 } });
    const earlier = { status: "open", due: 40 }; // begun by a release that did not say by whom
    expect(await met(Overdue, earlier, own)).toMatchObject({ saved: { status: "reminded" } });
  });

  it("G14: saves its item for a message that is ignored now, and may move it later", async () => {
    const settled = await met(Overdue, { status: "settled", due: 0 });
    expect(settled).toMatchObject({ writes: 1, saved: { status: "settled", version: 2 } });
    const reminded = await met(Opened, { status: "reminded", due: 0 });
    expect(reminded).toMatchObject({ writes: 1, saved: { status: "reminded", version: 2 } });
  });

  it("parks a step that does not choose", async () => {
    await expect(met(Paid, open, { amount: 0 })).rejects.toMatchObject({
      code: "STATUS_UNDECLARED",
      detail: "settle-debt on tests.paid.v1 may lead to open, settled, got undefined",
    });
  });
});

describe("the beginning of a process", () => {
  it("G1, G12: saves the item and schedules its first time-out in one unit of work", async () => {
    const { unit, scheduled } = aUnit();
    begin(payBill)(unit, { id, version: 0, status: "open", due: 40 });
    const begunBy = `/pay-bill ${unit.of.cause.id}`;
    expect(unit.writes).toMatchObject([{ Update: { Key: { id: { S: id } } } }]);
    expect(Object.values(unit.writes[0]?.Update?.ExpressionAttributeValues ?? {})).toContainEqual({
      S: begunBy,
    });
    const [{ Put } = {}] = await scheduled();
    expect(Put?.Item?.key).toEqual({ S: `pay-bill/${id}` });
    expect(JSON.parse(Put?.Item?.message?.S ?? "")).toMatchObject({ data: { bill: id, amount: 40 } });
    const hours = (Date.parse(Put?.Item?.due?.S ?? "") - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(2, 2);
  });

  it("G12: has a key of its own beside another process, and beside a schedule, of the same id", async () => {
    const { unit, scheduled } = aUnit(settleDebt);
    const item = { id, version: 0, status: "open", due: 40 } as const;
    begin(payBill)(unit, item);
    begin(settleDebt)(unit, item);
    unit.schedule(Overdue.from({ bill: id, amount: 40 }), { key: id, after: { days: 1 } });
    const keys = (await scheduled()).map(({ Put }) => Put?.Item?.key?.S);
    expect(keys).toEqual([`pay-bill/${id}`, `settle-debt/${id}`, id]);
  });

  it("begins no wait in a status without a time-out", async () => {
    const { unit, scheduled } = aUnit(settleDebt);
    begin(settleDebt)(unit, { id, version: 0, status: "settled", due: 0 });
    expect(JSON.stringify(unit.writes)).not.toContain("begunBy");
    expect(await scheduled()).toEqual([]);
  });

  it("does not start with a time-out that is no time", () => {
    vi.stubEnv("HOURS", "soon");
    const where = 'process pay-bill: the time-out of "open": after must have days';
    expect(() => advance(payBill)).toThrow(where);
    expect(() => begin(payBill)).toThrow(where);
    vi.stubEnv("HOURS", "2");
    advance(payBill);
  });

  it("is refused in a status that nobody begins in", () => {
    const late = () => begin(payBill)(aUnit().unit, { id, version: 0, status: "late", due: 40 });
    expect(late).toThrow("process pay-bill begins in open, got late");
    const reminded = { id, version: 0, status: "reminded", due: 40 } as const;
    expect(() => begin(settleDebt)(aUnit().unit, reminded)).toThrow("begins in open, settled, got reminded");
  });

  it("needs what its first time-outs need, and no other's", () => {
    asked = 0;
    begin(settleDebt);
    expect(asked).toBe(0);
    advance(settleDebt);
    expect(asked).toBe(1);
  });
});

/** What one message does to an item. */
async function met(
  type: typeof Paid | typeof Opened | typeof Overdue,
  item: object | undefined,
  {
    amount = 40,
    source = "/settle-debt",
    causationid,
  }: { readonly amount?: number; readonly source?: string; readonly causationid?: string } = {},
) {
  id = newId();
  const table = world.output("OrderedTable");
  if (item) await world.put(table, { id, version: 1, ...item });
  const { unit, due, reads } = aUnit(settleDebt);
  const draft = type.from({ bill: id, amount });
  const message = anEnvelope({ ...draft, partitionkey: id, source, ...(causationid && { causationid }) });
  await advance(settleDebt)(message as never, unit as never, aContext() as never);
  for (const { Update } of unit.writes)
    await world.clients.dynamodb.send(new UpdateItemCommand(Update as UpdateItemCommandInput));
  return {
    message,
    writes: unit.writes.length,
    saved: await world.get(table, id),
    cancelled: reads.length, // it looks for what it cancels
    hours: [...due().values()].map((dueMs) => Math.round((dueMs - Date.now()) / 3_600_000)),
    published: unit.messages.map((one) => one.type),
  };
}

/** One message that says it is paid; `data` is what the step adds, as only JavaScript can. */
async function run(status: string, change: object = {}, to?: string) {
  if (status !== "none") await world.put(world.output("OrderedTable"), { id, version: 1, status, due: 40 });
  const { unit } = aUnit();
  const message = anEnvelope({
    ...Paid.from({ bill: id, amount: 40, ...(to && { to }) } as never),
    partitionkey: id,
  });
  Object.assign(Object(message.data), Object.keys(change).length > 0 && { change: { due: -40, ...change } });
  await advance(payBill)(message as never, unit as never, aContext() as never);
  return unit;
}

function aUnit(
  contract: Pick<typeof settleDebt, "name" | "publishes" | "schedules"> | typeof payBill = payBill,
) {
  const unit = unitOfWork({ contract, cause: anEnvelope() });
  const reads: string[] = [];
  const read = async (one: string) => {
    reads.push(one);
    return undefined;
  };
  const { writes, due, ...added } = scheduling({ unit, table: "schedules", read, readsFirst: false });
  return { unit: Object.assign(unit, added), scheduled: writes, due, reads };
}

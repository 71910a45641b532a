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
    expect({ Key, values: Object.values(values ?? {}) }).toMatchObject({
      Key: { id: { S: id } },
      values: expect.arrayContaining([{ S: "paid" }, { N: "2" }, { N: "-40" }]),
    });
  });

  it("waits with a message for a status that an older release does not know, and parks it when that lasts", async () => {
    await expect(run("disputed")).rejects.toMatchObject({
      ...{ name: "RetryLater", code: "STATUS_UNKNOWN" },
      lastly: { name: "Park", detail: "pay-bill has no status disputed" },
    });
  });

  it("parks a step that leads where its cell does not", async () => {
    await expect(run("open", {}, "late")).rejects.toMatchObject({
      code: "STATUS_UNDECLARED",
      detail: "pay-bill on tests.paid.v1 may lead to paid, got late",
    });
  });
});

describe("the beginning of a process", () => {
  it("G1, G12: saves the item and schedules its first time-out in one unit of work", async () => {
    const { unit, scheduled } = aUnit();
    begin(payBill)(unit, { id, version: 0, status: "open", due: 40 });
    expect(unit.writes).toMatchObject([{ Update: { Key: { id: { S: id } } } }]);
    const [{ Put } = {}] = await scheduled();
    expect(Put?.Item?.key).toEqual({ S: id });
    expect(JSON.parse(Put?.Item?.message?.S ?? "")).toMatchObject({ data: { bill: id, amount: 40 } });
    const hours = (Date.parse(Put?.Item?.due?.S ?? "") - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(2, 2);
  });

  it("is refused in a status that nobody begins in", () => {
    const late = () => begin(payBill)(aUnit().unit, { id, version: 0, status: "late", due: 40 });
    expect(late).toThrow("process pay-bill begins in open, got late");
  });
});

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

function aUnit() {
  const unit = unitOfWork({ contract: payBill, cause: anEnvelope() });
  const given = { unit, table: "schedules", read: async () => undefined, readsFirst: false };
  const { writes, ...added } = scheduling(given);
  return { unit: Object.assign(unit, added), scheduled: writes };
}

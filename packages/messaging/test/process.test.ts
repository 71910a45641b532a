import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { messageType } from "../src/envelope/message-type.ts";
import { advance } from "../src/process/advance.ts";
import { diagramOf } from "../src/process/diagram.ts";
import { type ProcessItem, process, stored } from "../src/process/process.ts";
import { consumer } from "../src/receive/consumer.ts";
import { schedules } from "../src/schedule/schedules.ts";

interface Order extends ProcessItem {
  readonly status: "new" | "approved" | "canceled";
  readonly total: number;
}

const schema = z.strictObject({ orderId: z.string() });
const key = (data: { readonly orderId: string }) => data.orderId;
const Reserved = messageType({ type: "tests.reserved.v1", schema, key });
const Denied = messageType({ type: "tests.denied.v1", schema, key });
const Overdue = messageType({ type: "tests.overdue.v1", schema, key });
const Approved = messageType({ type: "tests.approved.v1", schema, key });

const named = {
  name: "settle",
  accepts: [Reserved, Denied, Overdue],
  publishes: [Approved, Overdue],
  schedules: [Overdue],
} as const;
const table = stored<Order>("ORDERS_TABLE");
const unknown = { every: { park: "ORDER_UNKNOWN" } } as const;
const done = { final: true, every: "ignored" } as const;
const timeout = { type: Overdue, data: ({ id }: Order) => ({ orderId: id }), after: { minutes: 1 } } as const;
const moves = {
  [Reserved.type]: { to: "approved" },
  [Denied.type]: { to: "canceled" },
  [Overdue.type]: { to: "canceled" },
} as const;
const sound = {
  ...named,
  table,
  initial: ["new"],
  states: { none: unknown, new: { timeout, ...moves }, approved: done, canceled: done },
} as const;

afterEach(() => vi.unstubAllEnvs());

describe("the table of a process", () => {
  it("G14: is a contract, and decides every pair of a status and a message", () => {
    const settle = process(sound);
    expect(settle).toMatchObject({ name: "settle", accepts: named.accepts, publishes: named.publishes });
    const cells = [...settle.rows].flatMap(([status, row]) =>
      [...row.cells].map(([type, { kind }]) => `${status} ${type.split(".")[1]}: ${kind}`),
    );
    expect(cells).toEqual([
      ...["none reserved: parked", "none denied: parked", "none overdue: parked"],
      ...["new reserved: move", "new denied: move", "new overdue: move"],
      ...["approved reserved: ignored", "approved denied: ignored", "approved overdue: ignored"],
      ...["canceled reserved: ignored", "canceled denied: ignored", "canceled overdue: ignored"],
    ]);
  });

  it("gives each step the message of its type, and its item", () => {
    const settle = process({
      ...named,
      table,
      states: {
        none: {
          ...moves,
          [Reserved.type]: { to: "new", step: ({ data }) => ({ change: { total: data.orderId.length } }) },
          [Denied.type]: { park: "ORDER_UNKNOWN" },
          [Overdue.type]: "ignored",
        },
        new: {
          timeout,
          [Reserved.type]: {
            oneOf: ["approved", "canceled"],
            choose: ({ data }, { total }) => ({
              to: total > 3 ? "approved" : "canceled",
              publish: [Approved.from({ orderId: data.orderId })],
            }),
          },
          [Denied.type]: { to: "canceled", step: (_denied, { total }) => ({ change: { total: total - 1 } }) },
          [Overdue.type]: { to: "canceled" },
        },
        approved: done,
        canceled: done,
      },
    });
    vi.stubEnv("ORDERS_TABLE", "orders");
    for (const name of ["QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "EVIDENCE_TABLE", "SCHEDULES_TABLE"])
      vi.stubEnv(name, "x");
    vi.stubEnv("MAX_RECEIVE_COUNT", "5");
    expect(consumer(settle).use(schedules()).handler(advance(settle))).toBeTypeOf("function");
    // @ts-expect-error: it has time-outs, and nothing that schedules them
    consumer(settle).handler(advance(settle));
  });
});

describe("a pair that nobody decided", () => {
  const { [Denied.type]: _, [Overdue.type]: ____, ...open } = moves;

  it("G14: does not compile, and fails when the table is made", () => {
    expect(() =>
      process({
        ...sound,
        // @ts-expect-error: denied and overdue are not decided
        states: { ...sound.states, new: { timeout, ...open } },
      }),
    ).toThrow('process settle: "new" leaves open what happens to tests.denied.v1, tests.overdue.v1');
    const { approved: __, ...fewer } = sound.states;
    expect(() =>
      // @ts-expect-error: approved has no row
      process({ ...sound, states: fewer }),
    ).toThrow('"new" on tests.reserved.v1 leads to "approved", which is no status');
    const { none: ___, ...later } = sound.states;
    expect(() =>
      // @ts-expect-error: nothing is said of messages without an item
      process({ ...sound, states: later }),
    ).toThrow('process settle must say in "none" what a message does that finds no item');
  });

  it("G14: is one that a new type of message opens in every status", () => {
    const Shipped = messageType({ type: "tests.shipped.v1", schema, key });
    expect(() =>
      process({
        ...sound,
        accepts: [...named.accepts, Shipped],
        // @ts-expect-error: `new` does not decide it; `every` does
        states: sound.states,
      }),
    ).toThrow('"new" leaves open what happens to tests.shipped.v1');
  });

  it("is told from one that can never come", () => {
    const others = { "tests.shiped.v1": "ignored", "tests.payed.v1": "ignored" } as const;
    const states = { ...sound.states, new: { timeout, ...moves, ...others } } as const;
    expect(() => process({ ...sound, states })).toThrow(
      '"new" decides tests.shiped.v1, tests.payed.v1, which the process does not accept; it accepts tests.reserved.v1,',
    );
  });
});

describe("a decision that cannot be right", () => {
  it("does not compile: another status, another type, a first step without the item, a wait without an end", () => {
    expect(() =>
      process({
        ...sound,
        // @ts-expect-error: no such status
        states: { ...sound.states, new: { timeout, ...moves, [Denied.type]: { to: "cancelled" } } },
      }),
    ).toThrow('"new" on tests.denied.v1 leads to "cancelled", which is no status');
    const publishesOther = () => ({ publish: [Reserved.from({ orderId: "1" })] });
    process({
      ...sound,
      states: {
        ...sound.states,
        // @ts-expect-error: the contract does not publish it
        new: { timeout, ...moves, [Denied.type]: { to: "canceled", step: publishesOther } },
      },
    });
    const others = { [Denied.type]: "ignored", [Overdue.type]: "ignored" } as const;
    // @ts-expect-error: the first step makes the whole item
    process({ ...sound, states: { ...sound.states, none: { ...others, [Reserved.type]: { to: "new" } } } });
    process({
      ...sound,
      // @ts-expect-error: a status that waits says how long
      states: { ...sound.states, new: moves },
    });
  });

  it.each([
    [{ to: 1 }, '{"to":1}'],
    [{ to: "approved", step: 1 }, '{"to":"approved","step":1}'],
    [{ oneOf: ["approved"], choose: () => ({}) }, '{"oneOf":["approved"]}'],
    [{ oneOf: ["approved", "canceled"] }, '{"oneOf":["approved","canceled"]}'],
    [{ oneOf: "approved", choose: () => ({}) }, '{"oneOf":"approved"}'],
    [{ park: "not a code" }, '{"park":"not a code"}'],
    [{ park: "aCODE" }, '{"park":"aCODE"}'],
    [{ park: "CODEs" }, '{"park":"CODEs"}'],
    [{ park: ["CODE"] }, '{"park":["CODE"]}'],
    [undefined, "undefined"],
  ])("is refused when the table is made: %j", (cell, got) => {
    const states = { ...sound.states, new: { timeout, ...moves, [Denied.type]: cell } };
    expect(() => process({ ...sound, states: states as never })).toThrow(
      `"new" on tests.denied.v1 must be "ignored", { park: "A_CODE" }, { to, step } or { oneOf, choose }, got ${got}`,
    );
  });
});

describe("a row that cannot be right", () => {
  it.each([
    ["ignored", '"new" must be an object'],
    [null, '"new" must be an object'],
    [
      { timeout, every: "ignored", ...moves },
      '"new" decides every message at once, and tests.reserved.v1, tests.denied.v1',
    ],
    [{ timeout, every: { park: "no code" } }, '"new" on every must be "ignored"'],
  ])("is refused when the table is made: %j", (row, error) => {
    const states = { ...sound.states, new: row };
    expect(() => process({ ...sound, states: states as never })).toThrow(`process settle: ${error}`);
  });
});

it("the diagram has every move, wait and end, and the table beside it every decision", () => {
  const Again = messageType({ type: "tests.paid.v2.again.v12", schema, key });
  const paying = process({
    ...{ name: "paying", accepts: [Reserved, Again, Overdue], publishes: [Overdue], schedules: [Overdue] },
    table: stored<Order>("ORDERS_TABLE"),
    states: {
      none: {
        [Reserved.type]: { to: "new", step: () => ({ change: { total: 1 } }) },
        [Again.type]: "ignored",
        [Overdue.type]: { park: "TOO_LATE" },
      },
      new: {
        timeout,
        [Reserved.type]: "ignored",
        [Again.type]: { oneOf: ["approved", "canceled"], choose: () => ({ to: "approved" }) },
        [Overdue.type]: { to: "canceled" },
      },
      approved: done,
      canceled: done,
    },
  });
  expect(diagramOf(paying).split("\n")).toEqual([
    ...["```mermaid", "stateDiagram-v2", "  new: new, until overdue", "  [*] --> new: reserved"],
    ...[
      "  new --> approved: paid.v2.again",
      "  new --> canceled: paid.v2.again",
      "  new --> canceled: overdue",
    ],
    ...["  approved --> [*]", "  canceled --> [*]", "```", ""],
    ...["| message | no item | new | approved | canceled |", "| --- | --- | --- | --- | --- |"],
    "| reserved | → new | ignored | ignored | ignored |",
    "| paid.v2.again | ignored | → approved or canceled | ignored | ignored |",
    "| overdue | parked: `TOO_LATE` | → canceled | ignored | ignored |",
  ]);
});

describe("the way through a process", () => {
  it.each([
    ["a status that nothing leads to", { initial: [] }, {}, 'nothing leads to "new", "approved", "canceled"'],
    ["a beginning that is no status", { initial: ["gone"] }, {}, 'begins in "gone", which is no status'],
    ["a beginning without an item", { initial: ["none"] }, {}, 'begins in "none", which is no status'],
    [
      "a way back to no item",
      {},
      { new: { timeout, ...moves, [Denied.type]: { to: "none" } } },
      '"new" on tests.denied.v1 leads to "none", which is no status',
    ],
    [
      "a wait that nothing ends, where nothing is final",
      {},
      {
        approved: { timeout: "none", every: "ignored" },
        canceled: { timeout: "none", ...moves, [Denied.type]: { to: "new" } },
      },
      'nothing leads out of "approved" to an end; add a transition, or final: true',
    ],
    [
      "a wait that nothing ends",
      {},
      { approved: { timeout: "none", every: "ignored" } },
      'nothing leads out of "approved" to an end; add a transition, or final: true',
    ],
    [
      "two that only lead to each other",
      {},
      {
        approved: {
          timeout: "none",
          ...moves,
          [Reserved.type]: { to: "paused" },
          [Denied.type]: "ignored",
          [Overdue.type]: "ignored",
        },
        paused: { timeout: "none", ...moves, [Denied.type]: "ignored", [Overdue.type]: "ignored" },
      },
      'nothing leads out of "approved" to an end',
    ],
    [
      "an end that leads on",
      {},
      { approved: { final: true, ...moves } },
      '"approved" is final, and leads to "canceled"',
    ],
    [
      "a time-out that its status ignores",
      {},
      { new: { timeout, ...moves, [Overdue.type]: "ignored" } },
      'the time-out tests.overdue.v1 of "new" must lead to another status there',
    ],
    [
      "a time-out that is no time",
      {},
      { new: { timeout: { ...timeout, after: { minutes: Number.NaN } }, ...moves } },
      'the time-out tests.overdue.v1 of "new": after must have days',
    ],
    [
      "a time-out that the process does not accept",
      {},
      { new: { timeout: { ...timeout, type: Approved }, ...moves } },
      'the time-out tests.approved.v1 of "new" must be in accepts',
    ],
    [
      "a time-out of an end",
      {},
      { approved: { ...done, timeout } },
      'the time-out tests.overdue.v1 of "approved" can never end anything',
    ],
    [
      "a time-out without an item",
      {},
      { none: { ...unknown, timeout } },
      'the time-out tests.overdue.v1 of "none" can never end anything',
    ],
    ["a time-out that it does not schedule", { schedules: [] }, {}, "must be in schedules"],
    ["a time-out where none is scheduled", { schedules: undefined }, {}, "must be in schedules"],
    ["a time-out where others are scheduled", { schedules: [Approved] }, {}, "must be in schedules"],
  ])("G14: is refused with %s", (_fault, options, states, error) => {
    const given = { ...sound, ...options, states: { ...sound.states, ...states } };
    expect(() => process(given as never)).toThrow(error);
  });

  it("may be a circle when it has no final status at all", () => {
    const open = { timeout: "none", ...moves, [Denied.type]: "ignored", [Overdue.type]: "ignored" } as const;
    const states = {
      none: unknown,
      new: { ...open },
      approved: { ...open, [Reserved.type]: { to: "canceled" } },
      canceled: { ...open, [Reserved.type]: { to: "new" } },
    } as const;
    expect(process({ ...sound, states }).rows.size).toBe(4);
  });
});

import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dynamodb } from "../../src/aws/clients.ts";
import type { Write } from "../../src/commit/unit-of-work.ts";
import { setClock } from "../../src/core/clock.ts";
import { derivedId } from "../../src/core/ids.ts";
import { dispatch } from "../../src/schedule/dispatch.ts";
import { itemId, putWrite, type StoredItem } from "../../src/schedule/scheduled-item.ts";

// The engines are in relay/dispatch.test.ts; here is what it sends, and what it makes of each answer.

const nowMs = 1_800_000_000_000;

let stored: Map<string, StoredItem>;
/** The keys of the messages of each transaction, in its order. */
let packs: string[][];
let rows: (readonly string[])[];
let places: string[];
let running: number;
let runningMax: number;
let answer: (names: readonly string[], nth: number) => readonly (string | undefined)[] | undefined;

beforeEach(() => {
  process.env.AWS_REGION ??= "eu-central-1";
  [stored, packs, rows, places, running, runningMax] = [new Map(), [], [], [], 0, 0];
  answer = () => undefined;
  setClock(() => nowMs);
  vi.spyOn(Math, "random").mockReturnValue(0);
  dynamodb().middlewareStack.add(
    (_, { commandName }) =>
      async ({ input }) => {
        const output = commandName === "BatchGetItemCommand" ? got(input) : await transacted(input);
        return { response: {}, output: output as never };
      },
    { name: "answers", step: "initialize", override: true },
  );
});
afterEach(() => {
  dynamodb().middlewareStack.remove("answers");
  vi.restoreAllMocks();
  setClock(Date.now)();
});

function got(input: object) {
  const { RequestItems } = input as { RequestItems: Record<string, { Keys: { id: { S: string } }[] }> };
  const found = RequestItems.schedules?.Keys.map(({ id }) => stored.get(id.S)).filter(Boolean);
  return { Responses: { schedules: found } };
}

async function transacted(input: object) {
  const { TransactItems: actions } = input as { TransactItems: Write[] };
  const ids = actions.flatMap(({ Delete }) =>
    Delete?.TableName === "schedules" ? (Delete.Key?.id?.S ?? "") : [],
  );
  const names = ids.map((id) => stored.get(id)?.key?.S ?? "");
  packs.push(names);
  for (const { Put } of actions)
    if (Put?.TableName === "outbox") {
      rows.push((Put.Item?.messages?.L ?? []).map(({ S }) => S ?? ""));
      places.push(Put.Item?.place?.S ?? "");
    }
  runningMax = Math.max(runningMax, ++running);
  await new Promise(setImmediate);
  running--;
  const codes = answer(names, packs.length);
  if (codes === undefined) return {};
  const CancellationReasons = codes.map((Code) => ({ Code }));
  throw new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons });
}

/** Due a moment after the one before it, last first in the table. */
function schedule(
  names: readonly string[],
  {
    partitionkey,
    bytes = 0,
    dueMs = 1_000,
    source = "/timed",
  }: {
    partitionkey?: string;
    bytes?: number;
    dueMs?: number;
    source?: string;
  } = {},
) {
  for (const [index, name] of [...names.entries()].reverse()) {
    const data = { text: "x".repeat(bytes) };
    const message = anEnvelope({ id: name, source, partitionkey: partitionkey ?? name, data });
    const { Put } = putWrite("schedules", {
      id: itemId("timed", name),
      key: name,
      message,
      dueMs: dueMs + index,
    });
    stored.set(itemId("timed", name), Put?.Item ?? {});
  }
}

function dispatched({ leftMs = 60_000, heldKeys = new Set<string>() } = {}): Promise<number> {
  const entries = [...stored.keys()].map((id) => ({ id, due: "", slot: "" }));
  const deadlineMs = nowMs + leftMs;
  return dispatch(entries, { table: "schedules", outboxTable: "outbox", deadlineMs, heldKeys });
}

const named = (count: number, prefix = "m") =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n).padStart(3, "0")}`);

describe("what is due", () => {
  it("G11: goes out in transactions of fifty items, four at once", async () => {
    schedule(named(350));
    expect(await dispatched()).toBe(350);
    expect(packs.map(({ length }) => length)).toEqual(Array(7).fill(50));
    expect(packs.flat()).toEqual(named(350));
    expect(runningMax).toBe(4);
    expect(JSON.parse(rows[0]?.[0] ?? "")).toMatchObject({ id: "m000", time: new Date(nowMs).toISOString() });
  });

  it("G4: of one key goes out in order: at most fifty messages in a row, the next when they are gone", async () => {
    schedule(named(60), { partitionkey: "all" });
    expect(await dispatched()).toBe(60);
    expect([packs, runningMax]).toEqual([[named(60).slice(0, 50), named(60).slice(50)], 1]);
    expect(rows.map(({ length }) => length)).toEqual([50, 10]);
    expect(places[1]).toContain(`#${derivedId(...named(60).slice(50)).slice(0, 22)}`);
  });

  it("G4: of one key is never in two transactions at once", async () => {
    schedule(named(30, "a"), { partitionkey: "a" });
    schedule(named(30, "b"), { partitionkey: "b", dueMs: 2_000 });
    schedule(named(20, "c"), { partitionkey: "c", dueMs: 3_000 });
    expect(await dispatched()).toBe(80);
    expect(packs).toEqual([named(30, "a"), [...named(30, "b"), ...named(20, "c")]]);
  });

  it("G11: is half a transaction's bytes at most, and half an item's in a row", async () => {
    schedule(named(14, "a"), { bytes: 150_000 });
    expect(await dispatched()).toBe(14);
    expect(packs.map(({ length }) => length)).toEqual([13, 1]);
    packs = [];
    stored.clear();
    schedule(named(5, "b"), { partitionkey: "b", bytes: 90_000 });
    schedule(["large"], { bytes: 250_000, dueMs: 2_000 });
    expect(await dispatched()).toBe(6);
    expect(packs).toEqual([["b000", "b001", "large"], ["b002", "b003"], ["b004"]]);
  });

  it("G12: is due by this clock, to the millisecond, and is there", async () => {
    schedule(["due"], { dueMs: nowMs });
    schedule(["early"], { dueMs: nowMs + 1 });
    expect(await dispatched()).toBe(1);
    expect(packs).toEqual([["due"]]);
  });

  it("waits for the next run from the deadline on", async () => {
    schedule(named(60), { partitionkey: "all" });
    expect(await dispatched({ leftMs: 0 })).toBe(0);
    expect(packs).toEqual([]);
  });

  it("G7: is its contract's own, with or without a slash; what is not is reported, like what cannot be read", async () => {
    schedule(["own"]);
    schedule(["without"], { source: "timed" });
    schedule(["another"], { source: "/time" });
    schedule(["inner"], { source: "tim/ed" });
    schedule(["below"], { source: "/a/timed" });
    stored.set("broken", { id: { S: "broken" } });
    const lines = await linesOf(async () => expect(await dispatched()).toBe(2));
    expect(packs.flat().sort()).toEqual(["own", "without"]);
    const foreign = { level: "ERROR", code: "SCHEDULE_FOREIGN" };
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(
      expect.arrayContaining(
        [
          { ...foreign, id: itemId("timed", "another"), source: "/time" },
          { ...foreign, id: itemId("timed", "inner"), source: "tim/ed" },
          { ...foreign, id: itemId("timed", "below"), source: "/a/timed" },
          { level: "ERROR", code: "SCHEDULE_UNREADABLE", id: "broken", errorCode: "Error" },
        ].map((line) => expect.objectContaining(line)),
      ),
    );
  });
});

describe("a transaction", () => {
  it("G12: goes without the items that another was faster at, at once, also near the deadline", async () => {
    schedule(named(4));
    answer = (names) => {
      if (!names.includes("m001")) return undefined;
      return names.map((name) => (name === "m001" ? "ConditionalCheckFailed" : undefined));
    };
    expect(await dispatched({ leftMs: 100 })).toBe(3);
    expect(packs).toEqual([named(4), ["m000", "m002", "m003"]]);
  });

  it("G12: is none when all its items are gone", async () => {
    schedule(named(2));
    answer = (names) => names.map(() => "ConditionalCheckFailed");
    expect(await dispatched()).toBe(0);
    expect(packs).toHaveLength(1);
  });

  it("is tried five times when what refuses it passes, while there is time", async () => {
    schedule(named(2));
    answer = (names, nth) => (nth < 5 ? names.map(() => "TransactionConflict") : undefined);
    expect(await dispatched()).toBe(2);
    expect(packs).toHaveLength(5);
    packs = [];
    answer = (names) => names.map(() => "TransactionConflict");
    expect(await dispatched()).toBe(0);
    expect(packs).toHaveLength(5);
    packs = [];
    expect(await dispatched({ leftMs: 499 })).toBe(0);
    expect(packs).toHaveLength(1);
  });

  it("G4: that is given up keeps back what follows of its keys, in the same run and its next part", async () => {
    schedule(named(60, "a"), { partitionkey: "a" });
    schedule(named(30, "b"), { partitionkey: "b", dueMs: 2_000 });
    const heldKeys = new Set<string>();
    answer = (names) => (names.includes("a000") ? names.map(() => "TransactionConflict") : undefined);
    expect(await dispatched({ heldKeys })).toBe(30);
    expect(new Set(packs.flat())).toEqual(new Set([...named(50, "a"), ...named(30, "b")]));
    [packs, answer] = [[], () => undefined];
    stored.clear();
    schedule(named(2, "c"), { partitionkey: "a" });
    schedule(named(1, "d"), { partitionkey: "d" });
    expect(await dispatched({ heldKeys })).toBe(1);
    expect(packs).toEqual([["d000"]]);
    expect(await dispatched()).toBe(3);
  });

  it("G4: whose first half is given up keeps back the second of the same key", async () => {
    schedule(named(6), { partitionkey: "all" });
    answer = (names) => names.map(() => (names.length > 3 ? "ValidationError" : "TransactionConflict"));
    expect(await dispatched()).toBe(0);
    expect(packs).toEqual([named(6), ...Array(5).fill(named(3))]);
  });

  it("G5: that is refused goes in halves, until the one is alone that is refused, and that is reported", async () => {
    schedule(named(5));
    const refusal = () => Object.assign(new Error("no"), { name: "ValidationException", $metadata: {} });
    for (const refuse of [
      (names: readonly string[]) => names.map((name) => (name === "m004" ? "ValidationError" : "None")),
      () => {
        throw refusal();
      },
    ]) {
      packs = [];
      answer = (names) => (names.includes("m004") ? refuse(names) : undefined);
      const lines = await linesOf(async () => expect(await dispatched()).toBe(4));
      expect(packs).toEqual([named(5), named(3), ["m003", "m004"], ["m003"], ["m004"]]);
      expect(lines).toMatchObject([
        {
          level: "ERROR",
          code: "DISPATCH_REFUSED",
          id: itemId("timed", "m004"),
          errorCode: expect.stringMatching(/^Validation/),
        },
      ]);
    }
  });

  it("that meets an outage is no smaller one: the run fails", async () => {
    schedule(named(2));
    answer = () => {
      throw new TypeError("no answer");
    };
    await expect(dispatched()).rejects.toThrow("no answer");
    expect(packs).toHaveLength(1);
  });
});

import { anSqsRecord } from "@essentially-once/testing/lambda";
import fc from "fast-check";
import { expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import type { LastRun } from "../src/receive/attempt-store.ts";
import { processIsolated } from "../src/receive/isolation.ts";

const maxReceiveCount = 5;

it("G5: a message that kills its process reaches the dead-letter queue and its neighbours do not, whatever their order", async () => {
  const orders = fc.shuffledSubarray([...Array(10).keys()], { minLength: 10, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(orders, { minLength: maxReceiveCount, maxLength: maxReceiveCount }),
      async (rounds) => {
        const { done, dead } = await deliverUntilQuiet(rounds, processIsolated);
        expect(dead).toEqual([0]);
        expect([...done].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      },
    ),
  );
});

it("G5: without isolation the neighbours die with it (this test can fail)", async () => {
  const inOrder = [...Array(10).keys()];
  const together: typeof processIsolated = (items, { process }) => process(items);
  const { dead } = await deliverUntilQuiet(Array(maxReceiveCount).fill(inOrder), together);
  expect(dead.length).toBeGreaterThan(1);
});

it("G5: its neighbours are deleted from the queue before a suspect runs", async () => {
  const steps: string[] = [];
  await processIsolated([0, 1, 2], {
    deadlineMs: Number.POSITIVE_INFINITY,
    keyOf: String,
    recordOf: (item) => ({
      ...anSqsRecord("", { receiveCount: item === 0 ? 2 : 1 }),
      messageId: String(item),
    }),
    store: {
      lastRuns: async () => new Map(),
      note: async (_, run) => void steps.push(`note ${run}`),
    },
    async process(items) {
      steps.push(`process ${items}`);
      return [];
    },
    forget: async (items) => void steps.push(`forget ${items}`),
  });
  expect(steps).toEqual(["process 1,2", "forget 1,2", "note alone", "process 0", "forget 0"]);
});

it("G5: a suspect for which no time was left is neither noted nor last the next time", async () => {
  const notes = new Map<string, LastRun>();
  const calls: string[][] = [];
  let now = 0;
  const restoreClock = setClock(() => now);
  const receive = () =>
    processIsolated(["hangs", "waits"], {
      deadlineMs: 1_000,
      inOrder: true, // where each note is an attempt, and the last of them parks
      keyOf: String,
      recordOf: (item) => ({ ...anSqsRecord("", { receiveCount: 2 }), messageId: item }),
      store: {
        lastRuns: async () => new Map(notes),
        note: async (record, run) => void notes.set(record.messageId, run === "alone" ? run : "ended"),
      },
      async process(items) {
        const begun = now < 1_000 ? [...items] : [];
        calls.push(begun);
        if (begun.includes("hangs")) now = 1_000;
        return items.filter((item) => !begun.includes(item) || item === "hangs");
      },
      forget: async () => undefined,
    });
  expect(await receive()).toEqual(["hangs", "waits"]);
  expect([...notes]).toEqual([["hangs", "alone"]]);
  now = 0;
  expect(await receive()).toEqual(["hangs"]);
  expect(calls).toEqual([[], ["hangs"], [], [], ["waits"], ["hangs"]]);
  restoreClock();
});

it("records that failed and said so are no suspects", async () => {
  const calls: number[][] = [];
  await processIsolated([1, 2], {
    deadlineMs: Number.POSITIVE_INFINITY,
    keyOf: String,
    recordOf: (item) => ({ ...anSqsRecord("", { receiveCount: 2 }), messageId: String(item) }),
    store: {
      lastRuns: async () =>
        new Map([
          ["1", "ended"],
          ["2", "ended"],
        ]),
      note: async () => undefined,
    },
    async process(items) {
      calls.push([...items]);
      return [];
    },
    forget: async () => undefined,
  });
  expect(calls).toEqual([[1, 2]]);
});

it("G4, G5: in a group, no message behind a recorded failure is a suspect", async () => {
  const calls: string[][] = [];
  await processIsolated(["a1", "a2", "b1"], {
    inOrder: true,
    deadlineMs: Number.POSITIVE_INFINITY,
    keyOf: (item) => item.slice(0, 1),
    recordOf: (item) => ({ ...anSqsRecord("", { receiveCount: item === "b1" ? 1 : 2 }), messageId: item }),
    store: { lastRuns: async () => new Map([["a1", "ended"]]), note: async () => undefined },
    async process(items) {
      calls.push([...items]);
      return [];
    },
    forget: async () => undefined,
  });
  expect(calls).toEqual([["a1", "a2", "b1"]]);
});

it.each<[string, readonly string[], Isolated, readonly string[]]>([
  [
    "copies of a message run all, whatever becomes of the first",
    ["a1", "a2"],
    { fails: ["a1"] },
    ["process ", "forget ", "alone a1", "process a1", "alone a2", "process a2", "forget a2", "failed a1"],
  ],
  [
    "in a FIFO group nothing runs behind a failure, and what was before it is done",
    ["a1", "a2", "a3"],
    { inOrder: true, fails: ["a2"] },
    ["process ", "forget ", "alone a1", "process a1", "forget a1", "alone a2", "process a2", "failed a2,a3"],
  ],
  [
    "a neighbour that failed is not deleted before a suspect runs",
    ["a1", "new1", "new2"],
    { fails: ["new1"] },
    ["process new1,new2", "forget new2", "alone a1", "process a1", "forget a1", "failed new1"],
  ],
  [
    "what was done is deleted before a suspect runs, and does not run",
    ["a1", "b1", "new1"],
    { done: ["a1"] },
    ["process new1", "forget new1,a1", "alone b1", "process b1", "forget b1", "failed "],
  ],
  [
    "what was done altogether is left to the answer of the batch",
    ["a1", "new1", "new2"],
    { done: ["a1"], fails: ["new2"] },
    ["process new1,new2", "failed new2"],
  ],
  [
    "a message is done only with all that have its id",
    ["a1", "a2"],
    { done: ["a1"] },
    [
      "process ",
      "forget ",
      "alone a1",
      "process a1",
      "forget a1",
      "alone a2",
      "process a2",
      "forget a2",
      "failed ",
    ],
  ],
  [
    "where order counts, nobody is asked whether it was done",
    ["a1"],
    { inOrder: true, done: ["a1"] },
    ["process ", "forget ", "alone a1", "process a1", "forget a1", "failed "],
  ],
  [
    "a group with one that was alone runs after all others",
    ["a1", "a2", "b1"],
    { runs: { a2: "alone" }, done: [] },
    [
      ...["process ", "forget ", "alone b1", "process b1", "forget b1"],
      ...["alone a1", "process a1", "forget a1", "alone a2", "process a2", "forget a2", "failed "],
    ],
  ],
])("G5: %s", async (_, items, given, expected) => {
  expect(await isolated(items, given)).toEqual(expected);
});

interface Isolated {
  readonly inOrder?: boolean;
  readonly runs?: Readonly<Record<string, LastRun>>;
  readonly fails?: readonly string[];
  readonly done?: readonly string[];
}

/** What is done with the items, of which those called new come for the first time. */
async function isolated(items: readonly string[], { inOrder, runs = {}, fails = [], done }: Isolated) {
  const steps: string[] = [];
  const failed = await processIsolated(items, {
    ...(inOrder !== undefined && { inOrder }),
    ...(done && { isDone: async (item: string) => done.includes(item) }),
    deadlineMs: Number.POSITIVE_INFINITY,
    keyOf: (item) => item.slice(0, -1),
    recordOf: (item) => ({
      ...anSqsRecord("", { receiveCount: item.startsWith("new") ? 1 : 2 }),
      messageId: item,
    }),
    store: {
      async lastRuns(records) {
        expect(records.map(({ messageId }) => messageId)).toEqual(
          items.filter((item) => !item.startsWith("new")),
        );
        return new Map(Object.entries(runs));
      },
      note: async ({ messageId }, run) => void steps.push(`${run} ${messageId}`),
    },
    async process(some) {
      steps.push(`process ${some}`);
      return some.filter((item) => fails.includes(item));
    },
    forget: async (some) => void steps.push(`forget ${some}`),
  });
  return [...steps, `failed ${failed}`];
}

class Killed extends Error {}

/** Ten messages in one batch, message 0 kills; a round for each receive, in the order that the round says. */
async function deliverUntilQuiet(rounds: readonly number[][], isolate: typeof processIsolated) {
  const notes = new Map<string, LastRun>();
  const deleted = new Set<number>();
  const done = new Set<number>();
  for (const [index, order] of rounds.entries()) {
    const batch = order.filter((item) => !deleted.has(item));
    try {
      const failed = await isolate<number>(batch, {
        deadlineMs: Number.POSITIVE_INFINITY,
        keyOf: String,
        recordOf: (item) => ({ ...anSqsRecord("", { receiveCount: index + 1 }), messageId: String(item) }),
        store: {
          lastRuns: async () => notes,
          note: async (record, run) => void notes.set(record.messageId, run === "alone" ? run : "ended"),
        },
        async process(items) {
          for (const item of items) {
            if (item === 0) throw new Killed();
            done.add(item);
          }
          return [];
        },
        forget: async (items) => {
          for (const item of items) deleted.add(item);
        },
      });
      for (const item of batch) if (!failed.includes(item)) deleted.add(item);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
  return { done, dead: [...Array(10).keys()].filter((item) => !deleted.has(item)) };
}

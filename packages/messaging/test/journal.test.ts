import {
  type CancellationReason,
  DeleteItemCommand,
  PutItemCommand,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import {
  aJournal,
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { writesWithRows } from "../src/commit/outbox.ts";
import { setClock } from "../src/core/clock.ts";
import { derivedId } from "../src/core/ids.ts";
import { itemBytes } from "../src/core/item-size.ts";
import { type Journal, type JournalMessage, journal, partitionOf } from "../src/pull/journal.ts";
import { chunksOf, journalItem } from "../src/pull/journal-items.ts";

let world: JournalWorld;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aJournalWorld();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("append", () => {
  it("G10: numbers the entries of a partition without a gap, in the order of the append", async () => {
    const log = aJournal();
    const journalMessages = Array.from({ length: 120 }, (_, n) => aJournalMessage({ data: n })); // three transactions
    const lines = await linesOf(async () => {
      expect(await log.append(journalMessages, inSeconds(10))).toEqual(
        journalMessages.map((_, n) => ({ kind: "appended", partition: 0, sequence: n + 1 })),
      );
    });
    expect(lines).toEqual([]);
    expect(await all(log, 0)).toEqual(journalMessages.map(({ body }, n) => ({ sequence: n + 1, body })));
  });

  it("G10, G2: has neither gap nor double when four appenders bring their own and the same messages at once", async () => {
    const name = aJournal().name;
    const journalMessages = (count: number) =>
      Array.from({ length: count }, (_, n) => aJournalMessage({ data: n }));
    const shared = journalMessages(100);
    const appenders = Array.from({ length: 4 }, () => journal({ name, partitions: 1 })); // each with its own head
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [],
    });
    const results = await Promise.all(
      appenders.map(async (appender, n) => {
        const kinds: string[] = [];
        const mine = [...shared.slice(n * 25), ...shared.slice(0, n * 25)].flatMap((one) => [
          one,
          ...journalMessages(1),
        ]);
        for (let start = 0; start < mine.length; start += 5) {
          const part = await appender.append(mine.slice(start, start + 5), inSeconds(30));
          kinds.push(...part.map(({ kind }) => kind));
        }
        return kinds;
      }),
    );
    expect(faults.attempts.length).toBeGreaterThan(4 * 40); // there were races to lose
    expect(results.flat().filter((kind) => kind === "appended")).toHaveLength(500);
    expect(results.flat().filter((kind) => kind === "duplicate")).toHaveLength(300);
    const entries = await all(appenders[0] as Journal, 0);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, n) => n + 1));
    expect(entries).toHaveLength(500);
    expect(new Set(entries.map(({ body }) => JSON.parse(body).id)).size).toBe(500);
  });

  it("G2: tells a duplicate where the first one is, and appends the new ones around it", async () => {
    const log = aJournal();
    const known = aJournalMessage();
    await log.append([known], inSeconds(10));
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [],
    });
    expect(await log.append([aJournalMessage(), known, aJournalMessage()], inSeconds(10))).toEqual([
      { kind: "appended", partition: 0, sequence: 2 },
      { kind: "duplicate", partition: 0, sequence: 1 },
      { kind: "appended", partition: 0, sequence: 3 },
    ]);
    expect(faults.attempts).toHaveLength(2); // it still knew the head
    expect(await log.find(known)).toEqual({ kind: "duplicate", partition: 0, sequence: 1 });
    expect(await log.find(aJournalMessage())).toBeUndefined();
  });

  it("G2: takes a message once that comes twice in one append", async () => {
    const log = aJournal();
    const twice = aJournalMessage();
    await log.append([twice, aJournalMessage(), twice], inSeconds(10));
    expect(await all(log, 0)).toHaveLength(2);
  });

  it("D15: refuses a message that has the identity of another and other data", async () => {
    const log = aJournal();
    const first = aJournalMessage({ data: 1 });
    const forged = aJournalMessage({ id: first.envelope.id, data: 2 });
    expect(await log.append([first, forged], inSeconds(10))).toMatchObject([
      { kind: "appended" },
      { kind: "refused", reason: { code: "ID_REUSED" } },
    ]);
    expect(await log.append([forged], inSeconds(10))).toMatchObject([{ kind: "refused" }]);
    expect(await all(log, 0)).toHaveLength(1);
  });

  it("D8: refuses what fits no entry, and appends its neighbours, as many as fit a transaction", async () => {
    const log = aJournal();
    const big = () => aJournalMessage({ data: "x".repeat(380_000) });
    const results = await log.append(
      [aJournalMessage({ data: "x".repeat(410_000) }), ...Array.from({ length: 12 }, big)],
      inSeconds(30),
    );
    expect(results[0]).toMatchObject({ kind: "refused", reason: { code: "ENTRY_TOO_LARGE" } });
    expect(results.slice(1).map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => "appended"));
  });

  it("G3: takes longer messages than fit a row of the outbox, under the longest name", async () => {
    const log = journal({ name: "j".repeat(60), partitions: 64 });
    const room = 409_600 - 90 - aJournalMessage({ data: "" }).body.length;
    const longest = aJournalMessage({ data: "x".repeat(room) });
    expect(measureRow(longest)).toBeGreaterThan(409_600);
    expect(await log.append([longest], inSeconds(10))).toMatchObject([{ kind: "appended" }]);
  });

  it("D1: appends once when the answer is lost and the SDK asks again", async () => {
    const log = aJournal();
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [1],
    });
    expect(await log.append([aJournalMessage(), aJournalMessage()], inSeconds(10))).toMatchObject([
      { kind: "appended" },
      { kind: "appended" },
    ]);
    expect(faults.attempts).toHaveLength(2);
    expect(await all(log, 0)).toHaveLength(2);
  });

  it("G2: does not confirm what it cannot know, and the next append finds it there", async () => {
    const log = aJournal();
    const journalMessages = [aJournalMessage(), aJournalMessage()];
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "after" });
    const lines = await linesOf(async () => {
      const results = await log.append(journalMessages, inSeconds(10));
      expect(results).toEqual([{ kind: "unconfirmed" }, { kind: "unconfirmed" }]);
    });
    expect(lines).toMatchObject([
      { level: "WARN", code: "APPEND_FAILED", journal: log.name, partition: 0, errorCode: "TimeoutError" },
    ]);
    faults.remove();
    expect((await log.append(journalMessages, inSeconds(10))).map(({ kind }) => kind)).toEqual([
      "duplicate",
      "duplicate",
    ]);
    expect(await all(log, 0)).toHaveLength(2);
  });

  it("G4: puts nothing behind a message that may not be there", async () => {
    const log = aJournal();
    const journalMessages = Array.from({ length: 60 }, () => aJournalMessage()); // two transactions; the first never arrives
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "before",
      attempts: [1, 2, 3],
    });
    const results = await log.append(journalMessages, inSeconds(10));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(["unconfirmed"]));
    expect(await all(log, 0)).toEqual([]);
  });

  it("G4, G11: puts nothing behind a message that lost its race and had no time for another", async () => {
    const log = aJournal();
    const other = journal({ name: log.name, partitions: 1 });
    await log.append([aJournalMessage()], inSeconds(10));
    await other.append([aJournalMessage()], inSeconds(10)); // the head is no more where `log` saw it
    const results = await log.append(
      Array.from({ length: 60 }, () => aJournalMessage()),
      inSeconds(0),
    );
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(["unconfirmed"]));
    expect(await all(log, 0)).toHaveLength(2);
  });

  it("G4, G6: messages that others held up until the deadline wait; those before them stay appended", async () => {
    const log = aJournal();
    conflictFrom(2);
    const journalMessages = Array.from({ length: 51 }, () => aJournalMessage()); // two transactions
    const lines = await linesOf(async () => {
      const results = await log.append(journalMessages, inSeconds(0.7));
      expect(results.slice(0, 49)).toEqual(
        Array.from({ length: 49 }, (_, n) => ({ kind: "appended", partition: 0, sequence: n + 1 })),
      );
      const heldUp = { kind: "unconfirmed", contended: true };
      expect(results.slice(49)).toEqual([heldUp, heldUp]);
    });
    expect(lines).toMatchObject([
      { level: "WARN", code: "APPEND_CONTENDED", journal: log.name, partition: 0 },
    ]);
  });

  it("G4, G6: messages that had no turn in their process until the deadline wait, and hold up no other journal", async () => {
    const log = aJournal();
    const gate = Promise.withResolvers<void>();
    let transactions = 0;
    dynamodb().middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "TransactWriteItemsCommand" && ++transactions === 1) await gate.promise;
          return next(args);
        },
      { name: "gate", step: "initialize" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("gate"));
    const first = log.append([aJournalMessage()], inSeconds(10));
    expect(await log.append([aJournalMessage()], inSeconds(0.1))).toEqual([
      { kind: "unconfirmed", contended: true },
    ]);
    expect(await aJournal().append([aJournalMessage()], inSeconds(3))).toMatchObject([{ kind: "appended" }]);
    gate.resolve();
    expect(await first).toEqual([{ kind: "appended", partition: 0, sequence: 1 }]);
  });

  it.each([2, 8])(
    "G4, G6: appends nothing when it was made with other than %i partitions",
    async (partitions) => {
      const { name } = aJournal();
      const four = Array.from({ length: 20 }, (_, n) => aJournalMessage({ partitionkey: `key-${n}` }));
      await journal({ name, partitions: 4 }).append(four, inSeconds(10));
      const other = journal({ name, partitions });
      const more = Array.from({ length: 20 }, (_, n) => aJournalMessage({ partitionkey: `key-${n}` }));
      const lines = await linesOf(async () => {
        const results = await other.append(more, inSeconds(10));
        expect(results).toEqual(more.map(() => ({ kind: "unconfirmed" })));
      });
      expect(lines.find(({ code }) => code === "JOURNAL_PARTITIONS")).toMatchObject({
        level: "ERROR",
        journal: name,
        partitions,
        found: "4 partitions",
      });
      const failed = lines.filter(({ code }) => code === "APPEND_FAILED");
      expect(new Set(failed.map(({ errorCode }) => errorCode))).toEqual(new Set(["PartitionsChanged"]));
      await expect(other.checkPartitions()).rejects.toThrow(`but ${partitions} partitions are configured`);
    },
  );

  it("G11: goes on when the partitions cannot be read, and says so", async () => {
    const log = aJournal();
    faults = injectFaults(dynamodb(), { command: "BatchGetItemCommand", moment: "before" });
    const lines = await linesOf(() => log.checkPartitions());
    expect(lines).toMatchObject([
      { level: "WARN", code: "PARTITIONS_UNREAD", errorCode: "TimeoutError", journal: log.name },
    ]);
  });

  it("G6: knows partitions that an earlier release appended to, which did not say how many there are", async () => {
    const { name } = aJournal();
    const item = { id: `${name}#3`, sequence: 0, head: 7 };
    await dynamodb().send(new PutItemCommand({ TableName: world.journalTable, Item: marshall(item) }));
    await expect(journal({ name, partitions: 3 }).checkPartitions()).rejects.toThrow("a partition 3");
    await journal({ name, partitions: 4 }).checkPartitions();
  });

  it("G10: learns from a lost race where the head is, without a read", async () => {
    const log = aJournal();
    const other = journal({ name: log.name, partitions: 1 });
    await log.append([aJournalMessage()], inSeconds(10));
    await other.append([aJournalMessage()], inSeconds(10));
    const inputs = watch();
    expect(await log.append([aJournalMessage()], inSeconds(10))).toMatchObject([
      { kind: "appended", sequence: 3 },
    ]);
    expect(inputs.map(({ command }) => command)).toEqual(Array(2).fill("TransactWriteItemsCommand"));
  });

  it("G10: reads the head that it does not know once, as it is now, and no other", async () => {
    const log = aJournal();
    await log.append([aJournalMessage()], inSeconds(10));
    const inputs = watch();
    const other = journal({ name: log.name, partitions: 1 });
    expect(await other.append([aJournalMessage()], inSeconds(10))).toMatchObject([{ sequence: 2 }]);
    expect(inputs).toMatchObject([
      { command: "GetItemCommand", ConsistentRead: true },
      { command: "TransactWriteItemsCommand" },
    ]);
  });

  it("G11: goes on behind others who were in the way for a while", async () => {
    const log = aJournal();
    conflictFrom(1, 3);
    expect(await log.append([aJournalMessage()], inSeconds(10))).toEqual([
      { kind: "appended", partition: 0, sequence: 1 },
    ]);
  });

  it("G11: loses twelve races at most, however much time is left", async () => {
    const log = aJournal();
    const inputs = watch();
    conflictFrom(1);
    const random = vi.spyOn(Math, "random").mockReturnValue(0); // no wait takes long
    onTestFinished(() => random.mockRestore());
    expect(await log.append([aJournalMessage()], inSeconds(60))).toEqual([
      { kind: "unconfirmed", contended: true },
    ]);
    const races = () => inputs.filter(({ command }) => command === "TransactWriteItemsCommand").length;
    expect(races()).toBe(12);
    const startMs = Date.now();
    onTestFinished(setClock(() => startMs));
    await log.append([aJournalMessage()], { deadlineMs: startMs + 499 });
    expect(races()).toBe(12 + 2); // a third would need a wait, for which there is no time
  });

  it("G3: confirms nothing when DynamoDB cancels without a reason", async () => {
    const log = aJournal();
    conflictFrom(1, Number.POSITIVE_INFINITY, []);
    const lines = await linesOf(async () => {
      expect(await log.append([aJournalMessage()], inSeconds(10))).toEqual([{ kind: "unconfirmed" }]);
    });
    expect(lines).toMatchObject([{ code: "APPEND_FAILED", errorCode: "AppendRefused" }]);
  });

  it("G10: overwrites no entry when the head was deleted", async () => {
    const log = aJournal();
    const first = aJournalMessage();
    await log.append([first], inSeconds(10));
    const Key = marshall({ id: `${log.name}#0`, sequence: 0 });
    await world.clients.dynamodb.send(new DeleteItemCommand({ TableName: world.journalTable, Key }));
    const lines = await linesOf(async () => {
      expect(await log.append([aJournalMessage()], inSeconds(10))).toEqual([{ kind: "unconfirmed" }]);
    });
    expect(lines).toMatchObject([{ level: "WARN", code: "APPEND_FAILED", errorCode: "AppendRefused" }]);
    expect(await all(log, 0)).toEqual([{ sequence: 1, body: first.body }]);
  });

  it("G4: keeps the messages of a key in one partition and in their order", async () => {
    const log = aJournal({ partitions: 8 });
    const keys = ["a", "b", "c", "d", "e", "f"];
    const journalMessages = Array.from({ length: 60 }, (_, n) =>
      aJournalMessage({ partitionkey: keys[n % 6] ?? "", data: n }),
    );
    await log.append(journalMessages, inSeconds(10));
    for (const key of keys) {
      const entries = await all(log, partitionOf(key, 8));
      const mine = entries
        .map(({ body }) => JSON.parse(body))
        .filter(({ partitionkey }) => partitionkey === key);
      expect(mine.map(({ data }) => data)).toEqual(
        journalMessages
          .filter(({ envelope }) => envelope.partitionkey === key)
          .map(({ envelope }) => envelope.data),
      );
    }
    expect(new Set(keys.map((key) => partitionOf(key, 8))).size).toBeGreaterThan(1);
  });
});

describe("the transactions of an append", () => {
  it.each<[string, number[], number[]]>([
    ["nothing", [], []],
    ["as many as a transaction has actions for", Array(49).fill(1), [49]],
    ["one more", Array(50).fill(1), [49, 1]],
    ["as many bytes as a transaction takes", [2_000_000, 1_000_000, 500_000], [3]],
    ["a byte more", [2_000_000, 1_000_000, 500_001], [2, 1]],
    ["two that are full", [3_500_000, 3_500_000], [1, 1]],
    ["one that is larger than the rest together", [1, 3_500_000, 1, 1], [1, 1, 2]],
  ])("D8: have %s", (_, sizes, lengths) => {
    const item = journalItem("any", 0, aJournalMessage());
    const items = sizes.map((bytes) => ({ ...item, bytes }));
    const chunks = chunksOf(items);
    expect(chunks.map(({ length }) => length)).toEqual(lengths);
    expect(chunks.flat()).toEqual(items);
  });
});

describe("read", () => {
  it("G11: gives at most a page, from where it is asked", async () => {
    const log = aJournal();
    await log.append(
      Array.from({ length: 10 }, () => aJournalMessage()),
      inSeconds(10),
    );
    const page = await log.read({ partition: 0, after: 3, limit: 4 });
    expect(page.map(({ sequence }) => sequence)).toEqual([4, 5, 6, 7]);
    expect(await log.read({ partition: 0, after: 10, limit: 4 })).toEqual([]);
  });

  it("G10: stops before a gap, which a page may show while an append commits", async () => {
    const log = aJournal();
    await log.append(
      Array.from({ length: 5 }, () => aJournalMessage()),
      inSeconds(10),
    );
    const Key = marshall({ id: `${log.name}#0`, sequence: 3 });
    await world.clients.dynamodb.send(new DeleteItemCommand({ TableName: world.journalTable, Key }));
    const lines = await linesOf(async () => {
      const page = await log.read({ partition: 0, after: 1, limit: 100 });
      expect(page.map(({ sequence }) => sequence)).toEqual([2]);
      expect(await log.read({ partition: 0, after: 2, limit: 100 })).toEqual([]);
      expect(await log.read({ partition: 0, after: 3, limit: 100 })).toHaveLength(2);
    });
    const gap = { level: "WARN", code: "JOURNAL_GAP", journal: log.name, partition: 0, after: 2 };
    expect(lines).toMatchObject([gap, gap]);
  });

  it("G10: fails at an entry that the kit did not write", async () => {
    const log = aJournal();
    const Item = marshall({ id: `${log.name}#0`, sequence: 1 });
    await world.clients.dynamodb.send(new PutItemCommand({ TableName: world.journalTable, Item }));
    await expect(log.read({ partition: 0, after: 0, limit: 1 })).rejects.toThrow(
      `Journal entry ${log.name}#0 1 must have a body`,
    );
  });

  it("G4: finds the partition of a key where every release looks for it", () => {
    expect(["a", "customer-1", "", "語"].map((key) => partitionOf(key, 64))).toEqual([22, 30, 31, 3]);
  });

  it("names an option that is out of range", () => {
    expect(() => journal({ partitions: 0 })).toThrow("partitions must be a whole number from 1 to 64, got 0");
    expect(() => journal({ name: "a#b" })).toThrow('got "a#b"');
  });
});

async function all(log: Journal, partition: number) {
  const entries = [];
  for (;;) {
    const page = await log.read({ partition, after: entries.length, limit: 100 });
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

function measureRow({ envelope }: JournalMessage): number {
  const unit = { writes: [], messages: [envelope] };
  const [row] = writesWithRows(unit, { table: () => "outbox", id: derivedId("row") });
  return itemBytes(row?.Put?.Item ?? {});
}

/** The requests from now on. */
function watch(): { readonly command: string | undefined; readonly ConsistentRead?: boolean }[] {
  const inputs: { command: string | undefined }[] = [];
  dynamodb().middlewareStack.add(
    (next, { commandName: command }) =>
      (args) => {
        inputs.push({ ...args.input, command });
        return next(args);
      },
    { name: "watch", step: "initialize" },
  );
  onTestFinished(() => void dynamodb().middlewareStack.remove("watch"));
  return inputs;
}

/** Others write at the same time, from the so-manieth transaction on, until another. */
function conflictFrom(
  nth: number,
  last = Number.POSITIVE_INFINITY,
  reasons: CancellationReason[] = [{ Code: "TransactionConflict" }],
): void {
  let calls = 0;
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      async function conflict(args) {
        if (commandName !== "TransactWriteItemsCommand" || ++calls < nth || calls > last) return next(args);
        throw new TransactionCanceledException({
          message: "in the way",
          $metadata: {},
          CancellationReasons: reasons,
        });
      },
    { name: "conflict", step: "initialize" },
  );
  onTestFinished(() => void dynamodb().middlewareStack.remove("conflict"));
}

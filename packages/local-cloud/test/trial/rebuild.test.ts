import { journal } from "@essentially-once/messaging/journal";
import { Asked } from "@essentially-once/testing/internal/support/kit/messages";
import {
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { journalErrors, readJournal } from "../../src/trial/look/journal-records.ts";
import { readGenerations, rebuildProjection } from "../../src/trial/look/rebuild.ts";

const pulled = { name: "pulled", path: "Pulled/Pulled", table: "PulledTable" };

let world: JournalWorld;
let build: typeof import("@essentially-once/testing/internal/support/kit/pulled").handler;

beforeAll(async () => {
  world = await aJournalWorld();
  process.env.PULLED_TABLE = world.stateTable;
  ({ handler: build } = await import("@essentially-once/testing/internal/support/kit/pulled"));
});
afterAll(() => world.stop());

test("G10: a projection is brought even with the journal, and rebuilt beside the state that serves", async () => {
  await append(20);
  await rebuildProjection(aCloud(), pulled, { withinMs: 120_000 });

  const { dynamodb } = world.clients;
  const state = { name: "pulled", table: world.stateTable, kind: "statement" };
  const { serving, items } = await readGenerations<{ id: string; asks: number }>(dynamodb, state);
  expect(serving).toBe(2);
  const asks = { ann: 10, ben: 10 };
  for (const generation of [1, 2]) {
    const theirs = items.get(generation) ?? [];
    expect(Object.fromEntries(theirs.map((item) => [item.id, item.asks]))).toEqual(asks);
  }
  const partitions = await readJournal(dynamodb, world.journalTable);
  expect(partitions.reduce((all, { records }) => all + records.length, 0)).toBe(20);
  expect(journalErrors(partitions)).toEqual([]);
});

test("a projection that does not come forward is reported, with how its last run ended", async () => {
  await append(1);
  const cloud = aCloud({ isBroken: true });
  await expect(rebuildProjection(cloud, pulled, { withinMs: 300 })).rejects.toThrow(
    "pulled is not even with the journal after 0.3 s. The last run: error, it is broken.",
  );
});

function aCloud({ isBroken = false } = {}) {
  const tables: Record<string, string> = { PulledTable: world.stateTable, JournalTable: world.journalTable };
  return {
    clients: world.clients,
    output: (key: string) => tables[key] ?? "",
    async invoke(path: string, event: unknown) {
      expect(path).toBe("Pulled/Pulled");
      const error = { type: "Error", message: "it is broken" };
      if (isBroken) return { requestId: "r", outcome: "error" as const, error };
      try {
        return { requestId: "r", outcome: "ok" as const, response: await build(event, aContext()) };
      } catch (thrown) {
        const { name: type, message } = thrown as Error; // as the local cloud reports it; the next run goes on
        return { requestId: "r", outcome: "error" as const, error: { type, message } };
      }
    },
  };
}

async function append(count: number): Promise<void> {
  const drafts = Array.from({ length: count }, (_, n) =>
    Asked.from({ ask: `ask-${n}`, till: n % 2 === 0 ? "ann" : "ben", amount: 1 }),
  );
  await journal().append(drafts.map(aJournalMessage), inSeconds(20));
}

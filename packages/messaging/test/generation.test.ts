import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { injectFaults } from "@essentially-once/testing/faults";
import { aJournalWorld, inSeconds, type JournalWorld } from "@essentially-once/testing/journal-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import type { Versioned } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { type GenerationStore, generationStore, stateOf } from "../src/pull/generation.ts";
import { offsets } from "../src/pull/offset.ts";

interface Total extends Versioned {
  readonly cents: number;
}

let world: JournalWorld;
let name: string;
let store: GenerationStore;

beforeAll(async () => {
  world = await aJournalWorld();
});
beforeEach(() => {
  name = `totals-${newId()}`;
  store = generationStore({ name, table: world.stateTable });
});
afterAll(() => world.stop());

describe("the generations of a projection", () => {
  it("G10: begin with 1, build the next beside it, and let it serve", async () => {
    expect(await store.read()).toEqual({ serving: 1 });
    expect(await store.rebuild()).toEqual({ serving: 1, building: 2 });
    await store.serve({ serving: 1, building: 2 });
    expect(await store.read()).toStrictEqual({ serving: 2 });
    await store.serve({ serving: 2 }); // nothing was built
    expect(await store.read()).toStrictEqual({ serving: 2 });
  });

  it("G10: are read as they are now, and not as they were a moment ago", async () => {
    const reads: unknown[] = [];
    dynamodb().middlewareStack.add(
      (next) => (args) => {
        reads.push(args.input);
        return next(args);
      },
      { step: "initialize", name: "reads" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("reads"));
    await store.read();
    expect(reads).toMatchObject([{ ConsistentRead: true }]);
  });

  it("G10: are not begun when DynamoDB does not answer, and whoever asked is told", async () => {
    const faults = injectFaults(dynamodb(), { command: "PutItemCommand", moment: "before" });
    onTestFinished(() => faults.remove());
    await expect(store.rebuild()).rejects.toThrow("socket hang up");
    expect(await store.read()).toEqual({ serving: 1 });
  });

  it.each([
    { serving: "x" },
    { serving: 0 },
    { serving: 1.5 },
    { serving: 1, building: "x" },
    { serving: 1, building: 0 },
    { building: 2 },
  ])("G10: are not guessed from an item that the kit did not write: %o", async (numbers) => {
    const Item = marshall({ id: `${name}#generations`, ...numbers });
    await dynamodb().send(new PutItemCommand({ TableName: world.stateTable, Item }));
    await expect(store.read()).rejects.toThrow(
      `the item ${name}#generations must have the numbers of the serving and building generations, got ` +
        `serving ${typeof numbers.serving} and building ${typeof numbers.building}: it was not written by the kit`,
    );
  });

  it("G10: never go back for a worker that comes late", async () => {
    const late = await store.rebuild();
    await store.serve(late);
    await store.rebuild();
    await store.serve(late);
    expect(await store.read()).toEqual({ serving: 2, building: 3 });
  });

  it("G10: are built one at a time", async () => {
    await store.rebuild();
    const writes = injectFaults(dynamodb(), { command: "PutItemCommand", moment: "before" });
    onTestFinished(() => writes.remove());
    expect(await store.rebuild()).toEqual({ serving: 1, building: 2 });
    expect(writes.attempts).toEqual([]);
  });

  it("G10: see nothing of each other's state and offset", async () => {
    const place = { name, table: world.stateTable };
    const first = stateOf(place, 1)<Total>("total");
    const write = first.save({ id: "anna", version: 0, cents: 5 });
    await offsets({ table: world.stateTable, prefix: `${name}@1` }).commit(
      { partition: 0, from: 0, to: 1 },
      [write],
      inSeconds(10),
    );
    expect(await first.get("anna")).toEqual({ id: "anna", version: 1, cents: 5 });
    expect(await stateOf(place, 2)<Total>("total").get("anna")).toBeUndefined();
    expect(await offsets({ table: world.stateTable, prefix: `${name}@2` }).read(0)).toBe(0);
  });
});

it.each(["", "a#b", "offset"])(
  "G10: have no state of the kind %o, which would be among the kit's own items",
  (kind) => {
    const state = stateOf({ name, table: world.stateTable }, 1);
    expect(() => state(kind)).toThrow("the kind of a projection's state must be");
  },
);

describe("an offset", () => {
  it("G10: moves forwards, from where it was read", async () => {
    const offset = offsets({ table: world.stateTable, prefix: `${name}@1` });
    await offset.commit({ partition: 0, from: 0, to: 7 }, [], inSeconds(10));
    await expect(offset.commit({ partition: 0, from: 7, to: 3 }, [], inSeconds(10))).rejects.toThrow(
      "cannot go back from 7 to 3",
    );
    for (const from of [0, 5, 8]) {
      const stale = offset.commit({ partition: 0, from, to: 9 }, [], inSeconds(10));
      await expect(stale).rejects.toMatchObject({ name: "OffsetMoved" });
    }
    expect(await offset.read(0)).toBe(7);
  });
});

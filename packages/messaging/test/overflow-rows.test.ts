// The rows that evidence is kept in once it has left its item: what they hold, and who finds room in which.
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { sharedRead } from "../src/aws/shared-read.ts";
import type { Delivery } from "../src/commit/delivery.ts";
import { today } from "../src/commit/item-evidence.ts";
import {
  isRecent,
  nameOf,
  type OverflowPlace,
  pieces,
  putApart,
  putWhereRoomIs,
  readOwn,
  readRow,
  rowsMax,
  storedLength,
} from "../src/commit/overflow-rows.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { nowSeconds, setClock } from "../src/core/clock.ts";
import { derivedId, newId } from "../src/core/ids.ts";

const message = anEnvelope();
const unit = unitOfWork({ contract: { name: "count", publishes: [] }, cause: message });
const delivery: Delivery = { consumer: "count", message, unit, deadlineMs: 0 };
const atMs = Date.now();
const daySeconds = 86_400;

let world: World;
let place: OverflowPlace;

beforeAll(async () => {
  world = await aWorld();
  setClock(() => atMs);
});
beforeEach(() => {
  const client = () => world.clients.dynamodb;
  const read = sharedRead({ table: evidence(), client });
  place = { evidenceTable: evidence(), client, read, table: "items", id: newId() };
});
afterAll(() => world.stop());

it("G2: records are added behind those that are there, and once", async () => {
  const rows: string[] = [];
  const requests = watchRequests(world.clients.dynamodb);
  expect(await put(0, rows, ["a", "b"])).toBe(0);
  expect(await put(0, rows, ["b", "c"])).toBe(0);
  expect(await put(0, rows, ["a", "c"])).toBe(0);
  expect(requests.stop()).toEqual(["PutItem 1", "PutItem 1"]); // and none for what is there
  expect(rows).toEqual([stored("a", "b", "c")]);
  expect(await readRow(place, delivery, 0)).toBe(rows[0]);
  expect(await readRow(place, delivery, 1)).toBe("");
  expect(await world.get(evidence(), `count#inline#${derivedId("items", place.id)}#0`)).toEqual({
    id: `${nameOf(place, delivery)}#0`,
    consumer: "count",
    records: rows[0],
    expiresAt: nowSeconds() + 120 * daySeconds,
  });
});

it("G2: what another has added meanwhile stays, and is known from then on", async () => {
  await put(2, [], ["a"]);
  const rows = ["", "", ""];
  expect(await put(2, rows, ["b"])).toBe(2);
  expect(rows).toEqual(["", "", stored("a", "b")]);
  await world.remove(evidence(), `${nameOf(place, delivery)}#2`); // expired
  expect(await put(2, rows, ["c"])).toBe(2);
  expect(await readRow(place, delivery, 2)).toBe(stored("c"));
});

it("G11: a row is full at 170 records: the next has room, round to those before the first", async () => {
  const full = stored(...Array.from({ length: 170 }, (_, n) => `full ${n}`));
  const rows = Array<string>(rowsMax).fill(full);
  for (let row = 0; row < rowsMax; row++) {
    await world.put(evidence(), { id: `${nameOf(place, delivery)}#${row}`, records: full });
  }
  expect(await put(3, rows, ["a"])).toBeUndefined();
  expect(await put(3, rows, ["full 0"])).toBe(3); // it is there
  const room = full.slice(0, 168 * storedLength);
  await world.put(evidence(), { id: `${nameOf(place, delivery)}#1`, records: room });
  rows[1] = room;
  expect(await put(3, rows, ["a", "b", "c"])).toBeUndefined();
  expect(await put(3, rows, ["a", "b"])).toBe(1);
});

it("G11: records make room when they no longer count, and not before", async () => {
  const old = (days: number) => record("old") + (today() - days).toString(36).padStart(3, "0");
  const rows = [old(60) + old(61)];
  await world.put(evidence(), { id: `${nameOf(place, delivery)}#0`, records: rows[0] });
  await put(0, rows, ["a"]);
  expect(rows).toEqual([old(60) + stored("a")]);
  expect([0, today() - 61, today() - 60, today()].map(isRecent)).toEqual([false, false, true, true]);
});

it("G11: a row that others change without end has moved, and so has its item", async () => {
  let times = 0;
  refuse(() => {
    const Item = { records: { S: stored(`theirs ${++times}`) } };
    return new ConditionalCheckFailedException({ message: "changed", $metadata: {}, Item });
  });
  await expect(put(0, [], ["a"])).rejects.toMatchObject({ name: "StateMoved", item: `items ${place.id}` });
  expect(times).toBe(5);
});

it("G6: any other trouble is told as it is", async () => {
  const trouble = new TypeError("no");
  refuse(() => trouble);
  await expect(put(0, [], ["a"])).rejects.toBe(trouble);
});

it("G2: a row of a message's own says the same however often it is written", async () => {
  for (const _ of ["once", "again"]) await putApart(place, delivery, [record("a"), record("b")]);
  expect(await readOwn(place, delivery, record("b"))).toBe(record("b"));
  expect(await readOwn(place, delivery, record("c"))).toBe("");
  const [own, ...others] = (await world.items(evidence())).filter(({ record: one }) => one === record("a"));
  expect(own).toMatchObject({ consumer: "count", expiresAt: nowSeconds() + 60 * daySeconds });
  expect(String(own?.id)).toMatch(new RegExp(`^${nameOf(place, delivery)}#`));
  expect(record("a").startsWith(String(own?.id).split("#").at(-1) ?? "-")).toBe(true);
  expect(String(own?.id).split("#").at(-1)).toHaveLength(12);
  expect(others).toEqual([]);
});

it("cuts a text into whole pieces", () => {
  expect(pieces("abcdefg", 3)).toEqual(["abc", "def"]);
  expect(pieces("", 3)).toEqual([]);
});

function put(first: number, rows: string[], names: readonly string[]): Promise<number | undefined> {
  return putWhereRoomIs(place, delivery, { first, rows, leaving: names.map(record) });
}

/** Twenty characters, which begin differently. */
function record(name: string): string {
  return derivedId("a record", name).slice(0, storedLength - 3);
}

/** As rows hold them, of today. */
function stored(...names: string[]): string {
  return names.map((name) => record(name) + today().toString(36).padStart(3, "0")).join("");
}

function refuse(how: () => Error): void {
  const { middlewareStack } = world.clients.dynamodb;
  middlewareStack.add(() => () => Promise.reject(how()), { step: "initialize", name: "refused" });
  onTestFinished(() => void middlewareStack.remove("refused"));
}

function evidence(): string {
  return world.output("StandardEvidenceTable");
}

import { unmarshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import { measure } from "../src/commit/limits.ts";
import { orderingKeyOf, placeOf, readOutboxRow, writesWithRows } from "../src/commit/outbox.ts";
import { stampable } from "../src/commit/stamp.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { asciiJson } from "../src/envelope/envelope.ts";

const id = "the name of a commit, which is long";
const options = { table: () => "outbox", id };

it("G4: rows of one producer and key have one partition key, whose sort key sorts as the commits do", () => {
  expect(orderingKeyOf({ source: "/orders/eu", partitionkey: "a" })).toMatch(/^orders\/eu#[\w-]{22}$/);
  expect(orderingKeyOf({ source: "orders/eu", partitionkey: "a" })).toMatch(/^orders\/eu#[\w-]{22}$/);
  const keys = [
    ["/a", "k"],
    ["/a", "l"],
    ["/b", "k"],
  ].map(([source = "", partitionkey = ""]) => orderingKeyOf({ source, partitionkey }));
  expect(new Set(keys).size).toBe(3);
  expect(placeOf("0007", id)).toBe("0007#the name of a commit, ");
});

it("G1: a commit has a row for each key, with its messages in order, and none without messages", () => {
  const write: Write = { Put: { TableName: "notes", Item: { id: { S: "b" } } } };
  expect(writesWithRows({ writes: [write], messages: [] }, options)).toEqual([write]);
  const messages = ["k", "l", "k"].map((partitionkey, n) => anEnvelope({ id: `${n}`, partitionkey }));
  const [first, ...rows] = writesWithRows({ writes: [write], messages }, options);
  expect(first).toBe(write);
  const read = rows.map(({ Put }) => readOutboxRow(Put?.Item ?? {}));
  expect(read.map((row) => row.messages.map(({ body }) => body))).toEqual([
    [messages[0], messages[2]].map(asciiJson),
    [messages[1]].map(asciiJson),
  ]);
  const place = expect.stringMatching(/^\d{16}#the name of a commit, $/);
  expect(read.map(({ key }) => key)).toEqual(
    ["k", "l"].map((partitionkey) => ({ id: orderingKeyOf({ source: "/tests", partitionkey }), place })),
  );
  for (const { Put } of rows) {
    expect(Put?.TableName).toBe("outbox");
    expect(Object.keys(Put?.Item ?? {}).sort()).toEqual(["createdAt", "id", "messages", "place"]);
  }
});

it("G11: the rows of two commits are two items, also of one key", () => {
  const rowOf = (name: string) =>
    writesWithRows({ writes: [], messages: [anEnvelope()] }, { ...options, id: name });
  expect(measure([...rowOf("one"), ...rowOf("other")]).items.size).toBe(2);
});

it("G4: a row says after which stamp it comes, where the commit has read one", () => {
  const Update = { TableName: "notes", Key: { id: { S: "a" } }, UpdateExpression: "SET a = :a" };
  const writes = [stampable({ Update }, "0005")];
  const [, row] = writesWithRows({ writes, messages: [anEnvelope()] }, options);
  expect(unmarshall(row?.Put?.Item ?? {})).toMatchObject({ after: "0005" });
  expect(readOutboxRow(row?.Put?.Item ?? {})).toMatchObject({ after: "0005", tried: false });
});

const kept = {
  id: { S: "/a#k" },
  createdAt: { S: "2026-01-01T00:00:00.000Z" },
  messages: { L: [{ S: asciiJson(anEnvelope()) }] },
};

it("reads a row of any release, and what was noted of it", () => {
  const { messages: _, ...old } = readOutboxRow(kept);
  const createdAt = kept.createdAt.S;
  expect(old).toStrictEqual({ id: "/a#k", key: { id: "/a#k" }, createdAt, after: "", tried: false });
  const noted = { ...kept, place: { S: "7#c" }, tried: { BOOL: true }, queue: { S: "q" } };
  expect(readOutboxRow(noted)).toMatchObject({
    id: "/a#k/7#c",
    key: { id: "/a#k", place: "7#c" },
    tried: true,
    queue: "q",
  });
});

it.each([
  ["no id", { id: { N: "1" } }],
  ["no time", { createdAt: { N: "1" } }],
  ["no list", { messages: { S: "a" } }],
  ["a list of something else", { messages: { L: [...kept.messages.L, { N: "1" }] } }],
])("G3: refuses a row with %s by its name", (_what, other) => {
  const row = { ...kept, ...other };
  expect(() => readOutboxRow(row as typeof kept)).toThrow(
    `Outbox row ${"N" in row.id ? 1 : '"/a#k"'} must have a createdAt and a list of message texts`,
  );
});

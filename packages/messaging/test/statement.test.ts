import {
  BatchExecuteStatementCommand,
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { mergeInline } from "../src/commit/inline-write.ts";
import { statementOf } from "../src/commit/statement.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterAll(() => world.stop());

type Update = Omit<NonNullable<Write["Update"]>, "TableName" | "Key">;
type Attributes = Record<string, unknown>;

const values = (given: Attributes) => ({ ExpressionAttributeValues: marshall(given) });
const one = { ":one": 1 };

/** What is there before; nothing for undefined. */
const same: Record<string, readonly [Attributes | undefined, Update]> = {
  "sets attributes": [{ a: 0 }, { UpdateExpression: "SET a = :one, b = :one", ...values(one) }],
  "sets names by their places": [
    { a: 0 },
    { UpdateExpression: "SET #a = :one", ExpressionAttributeNames: { "#a": "status" }, ...values(one) },
  ],
  "sets lists and maps": [
    { a: 0 },
    { UpdateExpression: "SET a = :one", ...values({ ":one": [{ b: null, c: [true] }, "d"] }) },
  ],
  "adds to a number": [{ a: 5 }, { UpdateExpression: "ADD a :one", ...values(one) }],
  "subtracts from a number": [
    { a: 5 },
    { UpdateExpression: "SET a = a - :one", ConditionExpression: "attribute_exists(a)", ...values(one) },
  ],
  "makes an item by an ADD": [undefined, { UpdateExpression: "ADD a :one SET b = :one", ...values(one) }],
  "makes an item by a SET": [
    undefined,
    { UpdateExpression: "SET a = :one", ConditionExpression: "attribute_not_exists(a)", ...values(one) },
  ],
  "keeps to a condition that holds": [
    { a: 1, b: "c" },
    {
      UpdateExpression: "SET d = :one",
      ConditionExpression: "(a = :one) AND attribute_exists(b)",
      ...values(one),
    },
  ],
  "is refused by a condition that does not hold": [
    { a: 2 },
    { UpdateExpression: "SET d = :one", ConditionExpression: "a = :one", ...values(one) },
  ],
  "compares a truth": [
    { a: true },
    { UpdateExpression: "SET d = :yes", ConditionExpression: "a = :yes", ...values({ ":yes": true }) },
  ],
  "is refused by an attribute that is there": [
    { a: 2 },
    { UpdateExpression: "SET d = :one", ConditionExpression: "attribute_not_exists(a)", ...values(one) },
  ],
  "is refused by an attribute that is not there": [
    { a: 2 },
    { UpdateExpression: "SET d = :one", ConditionExpression: "attribute_exists(b)", ...values(one) },
  ],
  "is refused by the second of two conditions": [
    { a: 1 },
    { UpdateExpression: "SET d = :one", ConditionExpression: "a = :one and b = :one", ...values(one) },
  ],
  ...Object.fromEntries(
    ["<", "<=", ">", ">=", "="].flatMap((sign) =>
      [0, 1, 2].map((a) => [
        `compares ${a} ${sign} 1`,
        [{ a }, { UpdateExpression: "SET d = :one", ConditionExpression: `a ${sign} :one`, ...values(one) }],
      ]),
    ),
  ),
};

describe("a statement", () => {
  it.each(Object.entries(same))("G2: does the same as the write: %s", async (_what, [before, update]) => {
    const [written, stated] = await Promise.all([put(before), put(before)]);
    const refused = await isRefusedAlone(updateOf(written, update));
    const statement = statementOf(updateOf(stated, update), {
      exists: before !== undefined,
      hasOutbox: false,
    });
    expect(await codeOf(statement)).toBe(refused ? "ConditionalCheckFailed" : undefined);
    expect(await itemOf(stated)).toEqual(await itemOf(written));
  });

  it("G2: does the same as the save of a versioned table with evidence and messages", async () => {
    const ids = [newId(), newId()] as const;
    const items = versionedTable<{ id: string; version: number; name: string; size?: number }>(table());
    for (const version of [0, 1]) {
      const parts = {
        attribute: "eo_evidence",
        read: version === 0 ? undefined : "evidence 0",
        evidence: `evidence ${version}`,
        outboxId: `outbox ${version}`,
        messages: version === 0 ? [{ id: "m" } as never] : [],
      };
      const [alone, stated] = ids.map((id) => mergeInline(items.save({ id, version, name: "n" }), parts));
      await isRefusedAlone(alone as Write);
      const statement = statementOf(stated as Write, { exists: version > 0, hasOutbox: version > 0 });
      expect(await codeOf(statement)).toBeUndefined();
    }
    const [alone, stated] = await Promise.all(ids.map(itemOf));
    expect(stated).toEqual({ ...alone, eo_outbox: [] }); // and no id, by which the publisher knows messages
  });

  it("G1: an INSERT refuses an item that is there, an UPDATE makes none", async () => {
    const update: Update = { UpdateExpression: "SET a = :one", ...values(one) };
    const there = await put({ a: 0 });
    const absent = newId();
    expect(await codeOf(statementOf(updateOf(there, update), { exists: false, hasOutbox: false }))).toBe(
      "DuplicateItem",
    );
    expect(await codeOf(statementOf(updateOf(absent, update), { exists: true, hasOutbox: false }))).toBe(
      "ConditionalCheckFailed",
    );
    expect([await itemOf(there), await itemOf(absent)]).toEqual([{ a: 0 }, {}]);
  });

  it.each<[string, Update]>([
    ["a value that is not used", { UpdateExpression: "SET a = :one", ...values({ ...one, ":two": 2 }) }],
    [
      "a name that is not used",
      { UpdateExpression: "SET a = :one", ExpressionAttributeNames: { "#b": "b" }, ...values(one) },
    ],
    ["arithmetic on what may be missing", { UpdateExpression: "SET a = a - :one", ...values(one) }],
    [
      "arithmetic on what is missing",
      {
        UpdateExpression: "SET a = a - :one",
        ConditionExpression: "attribute_not_exists(a)",
        ...values(one),
      },
    ],
    ["an attribute twice", { UpdateExpression: "SET a = :one ADD a :one", ...values(one) }],
    ["the key", { UpdateExpression: "SET id = :one", ...values(one) }],
  ])("G5: is none for what DynamoDB refuses in a write: %s", async (_what, update) => {
    const id = await put({ b: 1 });
    await expect(isRefusedAlone(updateOf(id, update))).rejects.toThrow();
    expect(statementOf(updateOf(id, update), { exists: true, hasOutbox: false })).toBeUndefined();
  });

  it("puts an item that is not there", async () => {
    const id = newId();
    const write: Write = { Put: { TableName: table(), Item: marshall({ id, a: { b: [1] } }) } };
    expect(await codeOf(statementOf(write, { exists: false, hasOutbox: false }))).toBeUndefined();
    expect(await itemOf(id)).toEqual({ a: { b: [1] } });
    expect(statementOf(write, { exists: true, hasOutbox: false })).toBeUndefined();
  });

  it("puts no item with a name that PartiQL reads as a path, and none under another condition", () => {
    const before = { exists: false, hasOutbox: false };
    const put = (item: Attributes, ConditionExpression?: string): Write => ({
      Put: {
        TableName: "T",
        Item: marshall({ id: "i", ...item }),
        ...(ConditionExpression && { ConditionExpression }),
      },
    });
    const text = `INSERT INTO "T" VALUE {'id': ?, 'a': ?, 'b': ?}`;
    expect(statementOf(put({ a: 1, b: 1 }), before)?.text).toBe(text);
    expect(statementOf(put({ a: 1, b: 1 }, "attribute_not_exists(id)"), before)?.text).toBe(text);
    expect(statementOf(put({ a: 1, "b.c": 1 }), before)).toBeUndefined();
    expect(statementOf(put({ a: 1 }, "attribute_not_exists(id) OR a = b"), before)).toBeUndefined();
  });

  it.each([
    [
      "SET alpha=:one,beta=beta-:one ADD gamma :one",
      "alpha=:one AND beta<=:one AND attribute_exists(beta) AND attribute_not_exists(gamma)",
    ],
    [
      "\n SET  alpha  =  :one  ,  beta  =  beta  -  :one  \n  ADD  gamma  :one  ",
      "(alpha  =  :one)  AND  ((beta  <=  :one))  AND  (attribute_exists  (  beta  ))\nAND  attribute_not_exists ( gamma ) ",
    ],
    [
      "set alpha = :one, beta = beta - :one add gamma :one",
      "alpha = :one and beta <= :one and attribute_exists (beta) and attribute_not_exists (gamma)",
    ],
  ])("is the same however the write is spaced: %j", (UpdateExpression, ConditionExpression) => {
    const write = updateOf("i", { UpdateExpression, ConditionExpression, ...values(one) });
    const set = '"alpha" = ?, "beta" = beta - ?, "gamma" = gamma + ?';
    const where = '"id" = ? AND "alpha" = ? AND "beta" <= ? AND "beta" IS NOT MISSING AND "gamma" IS MISSING';
    expect(statementOf(write, { exists: true, hasOutbox: false })?.text).toBe(
      `UPDATE "${table()}" SET ${set} WHERE ${where}`,
    );
  });

  it("is as long as a statement may be, and no longer", () => {
    const made = (length: number) => {
      const write = updateOf("i", { UpdateExpression: `SET ${"a".repeat(length)} = :one`, ...values(one) });
      return statementOf(write, { exists: true, hasOutbox: false })?.text.length;
    };
    const longest = 8_192 - (made(1) ?? 0) + 1;
    expect([made(longest), made(longest + 1)]).toEqual([8_192, undefined]);
  });

  it("clears the messages of an earlier commit, unless new ones take their place", () => {
    const before = { exists: true, hasOutbox: true };
    const places = (name: string) => {
      const update = { UpdateExpression: `SET a = :one, ${name} = :one`, ...values(one) };
      return statementOf(updateOf("i", update), before)?.text.match(/"\w+" = \?|REMOVE "\w+"/g);
    };
    expect(places("b")).toEqual([
      ...['"a" = ?', '"b" = ?', '"eo_outbox" = ?', 'REMOVE "eo_outbox_id"', '"id" = ?'],
    ]);
    expect(places("eo_outbox")).toEqual(['"a" = ?', '"eo_outbox" = ?', '"id" = ?']);
  });

  const unsaid: readonly (readonly [string, Update, Attributes?])[] = [
    ["a path in a map", { UpdateExpression: "SET a.b = :one" }],
    ["a path by a place", { UpdateExpression: "SET #a = :one", ExpressionAttributeNames: { "#a": "a.b" } }],
    ["an element of a list", { UpdateExpression: "SET a[0] = :one" }],
    ["a function", { UpdateExpression: "SET a = if_not_exists(a, :one)" }],
    ["another attribute's value", { UpdateExpression: "SET a = b + :one" }],
    ["a removal of its own", { UpdateExpression: "SET a = :one REMOVE b" }],
    ["a deletion from a set", { UpdateExpression: "DELETE a :one" }],
    ["an addition to a set", { UpdateExpression: "ADD a :one" }, { ":one": new Set(["b"]) }],
    [
      "an addition to a set beside a change",
      { UpdateExpression: "ADD a :set SET b = :one" },
      { ":one": 1, ":set": new Set(["b"]) },
    ],
    ["a sum of two values", { UpdateExpression: "SET a = :one + :one" }],
    ["an addition to a path", { UpdateExpression: "ADD a.b :one" }],
    ["words behind an addition", { UpdateExpression: "ADD a :one b" }],
    ["no change", { UpdateExpression: "" }],
    ["words before its clauses", { UpdateExpression: "b = :one SET a = :one" }],
    ["an alternative", { UpdateExpression: "SET a = :one", ConditionExpression: "a = :one OR b = :one" }],
    ["a negation", { UpdateExpression: "SET a = :one", ConditionExpression: "NOT (a = :one AND b = :one)" }],
    ["a difference", { UpdateExpression: "SET a = :one", ConditionExpression: "a <> :one" }],
    ["a size", { UpdateExpression: "SET a = :one", ConditionExpression: "size(a) = :one" }],
    ["a range", { UpdateExpression: "SET a = :one", ConditionExpression: "a BETWEEN :one AND :one" }],
    [
      "a comparison with NULL",
      { UpdateExpression: "SET a = :one", ConditionExpression: "a = :one" },
      { ":one": null },
    ],
    ["a place without a value", { UpdateExpression: "SET a = :two" }],
    ["a condition without a value", { UpdateExpression: "SET a = :one", ConditionExpression: "a = :two" }],
    [
      "a text that is too long",
      { UpdateExpression: `SET ${Array.from({ length: 1_000 }, (_, n) => `a${n} = :one`).join(", ")}` },
    ],
  ];
  it.each(unsaid.map(([what, update, given = one]) => [what, update, given] as const))(
    "is not made of %s",
    (_what, update, given) => {
      const write = updateOf(newId(), { ...update, ...values(given) });
      expect(statementOf(write, { exists: true, hasOutbox: false })).toBeUndefined();
    },
  );

  it.each([
    ["a condition on what is there", { UpdateExpression: "SET a = :one", ConditionExpression: "a = :one" }],
    ["a change of what is there", { UpdateExpression: "SET a = a + :one" }],
    ["a change of what is there beside another", { UpdateExpression: "SET a = a + :one, b = :one" }],
  ])("is not made for a new item of %s", (_what, update) => {
    const write = updateOf(newId(), { ...update, ...values(one) });
    expect(statementOf(write, { exists: false, hasOutbox: false })).toBeUndefined();
  });

  it("is made of updates and puts alone, of tables keyed by id", () => {
    const before = { exists: true, hasOutbox: false };
    const update = { UpdateExpression: "SET a = :one", ...values(one) };
    expect(
      statementOf({ Delete: { TableName: table(), Key: marshall({ id: "a" }) } }, before),
    ).toBeUndefined();
    const key = marshall({ id: "a", place: "b" });
    expect(statementOf({ Update: { TableName: table(), Key: key, ...update } }, before)).toBeUndefined();
  });
});

function table(): string {
  return world.output("StandardTable");
}

async function put(item: Attributes | undefined): Promise<string> {
  const id = newId();
  if (item)
    await dynamodb().send(new PutItemCommand({ TableName: table(), Item: marshall({ id, ...item }) }));
  return id;
}

function updateOf(id: string, update: Update): Write {
  return { Update: { TableName: table(), Key: marshall({ id }), ...update } };
}

async function isRefusedAlone({ Update }: Write): Promise<boolean> {
  try {
    await dynamodb().send(new UpdateItemCommand(Update as NonNullable<Write["Update"]>));
    return false;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return true;
    throw error;
  }
}

async function codeOf(statement: ReturnType<typeof statementOf>): Promise<string | undefined> {
  if (statement === undefined) return "no statement";
  const Statements = [{ Statement: statement.text, Parameters: [...statement.parameters] }];
  const { Responses = [] } = await dynamodb().send(new BatchExecuteStatementCommand({ Statements }));
  return Responses[0]?.Error?.Code;
}

async function itemOf(id: string): Promise<Attributes> {
  const { id: _, ...item } = (await world.get(table(), id)) ?? {};
  return item;
}

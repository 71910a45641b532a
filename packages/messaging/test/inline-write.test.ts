import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import { mergeInline, withMessages } from "../src/commit/inline-write.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { asciiJson } from "../src/envelope/envelope.ts";

const Key = { id: { S: "a" } };
const one = { ":one": { N: "1" } };
const message = anEnvelope();
const parts = {
  attribute: "eo_evidence",
  read: undefined,
  evidence: "new",
  outboxId: "commit",
  messages: [],
};
const set = "eo_evidence = :eo_evidence";
const removed = "REMOVE eo_outbox_id, eo_outbox";

it.each([
  ["SET a = :one", `SET ${set}, a = :one ${removed}`],
  ["set a = :one remove b, c", `SET ${set}, a = :one ${removed}, b, c`],
  ["ADD a :one", `ADD a :one SET ${set} ${removed}`],
  ["ADD a :one\n  SET  b = :one", `ADD a :one SET ${set}, b = :one ${removed}`],
  ["REMOVE b", `${removed}, b SET ${set}`],
  ["", `SET ${set} ${removed}`],
  ["ADD offSET :one, noREMOVE :one", `ADD offSET :one, noREMOVE :one SET ${set} ${removed}`],
])("G1, G2: joins the clauses of %j, in which each stands once", (UpdateExpression, expected) => {
  const { Update } = mergeInline(anUpdate({ UpdateExpression, ExpressionAttributeValues: one }), parts);
  expect(words(Update?.UpdateExpression)).toEqual(words(expected));
  expect(Update?.ExpressionAttributeValues).toEqual({ ...one, ":eo_evidence": { S: "new" } });
});

it("G1: messages stand in the place of those of an earlier commit", () => {
  const { Update } = mergeInline(anUpdate({ UpdateExpression: "SET a = :one" }), {
    ...parts,
    messages: [message],
  });
  expect(Update?.UpdateExpression).toBe(
    `SET ${set}, eo_outbox_id = :eo_outbox_id, eo_outbox = :eo_outbox, a = :one`,
  );
  expect(Update?.ExpressionAttributeValues).toEqual({
    ":eo_evidence": { S: "new" },
    ":eo_outbox_id": { S: "commit" },
    ":eo_outbox": { L: [{ S: asciiJson(message) }] },
  });
});

it.each([
  [undefined, undefined, "attribute_not_exists(eo_evidence)"],
  ["old", undefined, "eo_evidence = :eo_read"],
  [undefined, "a = :one OR b = :one", "(a = :one OR b = :one) AND attribute_not_exists(eo_evidence)"],
  ["old", "a = :one", "(a = :one) AND eo_evidence = :eo_read"],
])("G2: of evidence %j and a condition %j", (read, ConditionExpression, expected) => {
  const conditions = { ...(ConditionExpression && { ConditionExpression, ExpressionAttributeValues: one }) };
  const values = { ...(ConditionExpression && one), ...(read && { ":eo_read": { S: read } }) };
  const Put = { TableName: "notes", Item: { ...Key, b: { N: "2" } } };
  expect(mergeInline({ Put: { ...Put, ...conditions } }, { ...parts, read })).toEqual({
    Put: {
      TableName: "notes",
      Item: { ...Put.Item, eo_evidence: { S: "new" } },
      ConditionExpression: expected,
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  });
  const { Update } = mergeInline(anUpdate({ UpdateExpression: "ADD c :c", ...conditions }), {
    ...parts,
    read,
  });
  expect(Update).toMatchObject({
    TableName: "notes",
    Key,
    ConditionExpression: expected,
    ExpressionAttributeValues: { ...values, ":eo_evidence": { S: "new" } },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
});

it("G3: a write without values gets none when it removes the messages of an earlier commit", () => {
  const none = { outboxId: "commit", messages: [] };
  expect(withMessages(anUpdate({ UpdateExpression: "REMOVE b" }), none)).toEqual(
    anUpdate({ UpdateExpression: `${removed}, b` }),
  );
  expect(withMessages(anUpdate({}), none)).toEqual(anUpdate({ UpdateExpression: removed }));
  expect(() => withMessages({ Delete: { TableName: "notes", Key } }, none)).toThrow(
    "only a Put or an Update can carry messages",
  );
});

function anUpdate(update: Partial<NonNullable<Write["Update"]>>): Write {
  return { Update: { TableName: "notes", Key, ...update } as NonNullable<Write["Update"]> };
}

function words(text: string | undefined): string[] | undefined {
  return text?.split(/\s+/);
}

import { unmarshall } from "@aws-sdk/util-dynamodb";
import { expect, it } from "vitest";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";

interface Note extends Versioned {
  readonly text?: string | undefined;
}

const notes = versionedTable<Note>("notes");

it("creates a new item, on the condition that it was not saved before", () => {
  const { Update } = notes.save({ id: "a", version: 0, text: undefined });
  expect(Update).toMatchObject({
    Key: { id: { S: "a" } },
    UpdateExpression: "SET #a0 = :a0",
    ConditionExpression: "attribute_not_exists(version)",
  });
  expect(unmarshall(Update?.ExpressionAttributeValues ?? {})).toEqual({ ":a0": 1 });
});

it("updates the attributes of an item that was read, under its version", () => {
  const { Update } = notes.save({ id: "a", version: 3, text: "tea" });
  expect(Update).toMatchObject({
    Key: { id: { S: "a" } },
    UpdateExpression: "SET #a0 = :a0, #a1 = :a1",
    ConditionExpression: "version = :read",
    ExpressionAttributeNames: { "#a0": "version", "#a1": "text" },
  });
  expect(unmarshall(Update?.ExpressionAttributeValues ?? {})).toEqual({ ":a0": 4, ":a1": "tea", ":read": 3 });
});

it("removes what is undefined", () => {
  const notes = versionedTable<Note & { readonly title?: string | undefined }>("notes");
  const { Update } = notes.save({ id: "a", version: 3, text: undefined, title: undefined });
  expect(Update?.UpdateExpression).toBe("SET #a0 = :a0 REMOVE #a1, #a2");
});

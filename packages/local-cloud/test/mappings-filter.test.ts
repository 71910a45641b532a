// Filter patterns: every operator that Lambda documents, and a refusal by name for any other.

import { expect, test } from "vitest";
import { compileFilters } from "../src/model/filter.ts";

const INSERTED = {
  eventName: "INSERT",
  dynamodb: {
    NewImage: { id: { S: "order-1" }, status: { S: "New" }, tags: { SS: ["red", "blue"] }, note: { S: "" } },
    SizeBytes: 26,
  },
  userIdentity: null,
};
const newImage = (fields: unknown) => ({ dynamodb: { NewImage: fields } });

test.each([
  ["an equal value", { eventName: ["INSERT"] }],
  ["any of several values", { eventName: ["REMOVE", "INSERT"] }],
  ["several fields, all of them", { eventName: ["INSERT"], ...newImage({ status: { S: ["New"] } }) }],
  ["an element of a list", newImage({ tags: { SS: ["blue"] } })],
  ["null", { userIdentity: [null] }],
  ["an empty text", newImage({ note: { S: [""] } })],
  ["a number", { dynamodb: { SizeBytes: [26] } }],
  ["prefix", newImage({ id: { S: [{ prefix: "order-" }] } })],
  ["suffix", newImage({ id: { S: [{ suffix: "-1" }] } })],
  ["equals-ignore-case", newImage({ status: { S: [{ "equals-ignore-case": "nEW" }] } })],
  ["anything-but a value", { eventName: [{ "anything-but": "REMOVE" }] }],
  ["anything-but values", { eventName: [{ "anything-but": ["REMOVE", "MODIFY"] }] }],
  ["anything-but a prefix", newImage({ id: { S: [{ "anything-but": { prefix: "parcel-" } }] } })],
  ["exists", newImage({ status: { S: [{ exists: true }] } })],
  ["exists, false", newImage({ shippedAt: { S: [{ exists: false }] } })],
  ["numeric", { dynamodb: { SizeBytes: [{ numeric: [">", 0, "<=", 26] }] } }],
  ["numeric, equal", { dynamodb: { SizeBytes: [{ numeric: ["=", 26] }] } }],
  ["$or", { $or: [{ eventName: ["REMOVE"] }, newImage({ status: { S: ["New"] } })] }],
])("%s passes", (_, pattern) => {
  expect(compileFilters([pattern])(INSERTED)).toBe(true);
});

test.each([
  ["another value", { eventName: ["REMOVE"] }],
  ["one field of two", { eventName: ["INSERT"], ...newImage({ status: { S: ["shipped"] } }) }],
  ["a field that is not there", newImage({ other: { S: ["New"] } })],
  ["another type", { dynamodb: { SizeBytes: ["26"] } }],
  ["another case", newImage({ status: { S: ["new"] } })],
  ["prefix", newImage({ id: { S: [{ prefix: "parcel-" }] } })],
  ["anything-but", { eventName: [{ "anything-but": ["INSERT"] }] }],
  ["anything-but, of a field that is not there", newImage({ other: { S: [{ "anything-but": "x" }] } })],
  ["exists, false", newImage({ status: { S: [{ exists: false }] } })],
  ["numeric", { dynamodb: { SizeBytes: [{ numeric: ["<", 26] }] } }],
  ["numeric, of a text", newImage({ id: { S: [{ numeric: [">", 0] }] } })],
  ["$or", { $or: [{ eventName: ["REMOVE"] }, { eventName: ["MODIFY"] }] }],
])("%s does not pass", (_, pattern) => {
  expect(compileFilters([pattern])(INSERTED)).toBe(false);
});

test("a record passes when any pattern matches, and without patterns", () => {
  expect(compileFilters([{ eventName: ["REMOVE"] }, { eventName: ["INSERT"] }])(INSERTED)).toBe(true);
  expect(compileFilters([{ eventName: ["REMOVE"] }, { eventName: ["MODIFY"] }])(INSERTED)).toBe(false);
  expect(compileFilters([])(INSERTED)).toBe(true);
});

test.each([
  [
    "an unknown operator",
    { eventName: [{ wildcard: "IN*" }] },
    'filter pattern.eventName: operator {"wildcard":"IN*"} is not supported; supported are: exists, prefix,',
  ],
  ["two operators in one", { eventName: [{ prefix: "I", suffix: "T" }] }, "is not supported"],
  [
    "a value that is no list",
    { eventName: "INSERT" },
    "filter pattern.eventName: must be an object or a list",
  ],
  [
    "a prefix that is no text",
    { eventName: [{ prefix: 1 }] },
    "filter pattern.eventName.prefix: must be a string, got 1",
  ],
  [
    "a comparison that is none",
    { eventName: [{ numeric: ["~", 1] }] },
    "must be pairs of a comparison (= < <= > >=) and a number",
  ],
  ["no pattern at all", "INSERT", "filter pattern: must be an object"],
])("%s is refused by name when it is compiled", (_, pattern, message) => {
  expect(() => compileFilters([pattern])).toThrow(message);
});

// Every form of answer that AWS documents, and what it means for the batch.

import { expect, test } from "vitest";
import { failedIdentifiers } from "../src/mappings/batch-response.ts";
import { batchesOf } from "../src/mappings/batches.ts";

const identifiers = ["a", "b", "c"];

function failed(response: unknown, reportBatchItemFailures = true): string[] {
  return [...failedIdentifiers({ response, identifiers, reportBatchItemFailures })];
}

test.each([
  ["no answer", undefined],
  ["null", null],
  ["an empty object", {}],
  ["an object of its own", { statusCode: 200 }],
  ["an empty list", { batchItemFailures: [] }],
  ["a null list", { batchItemFailures: null }],
])("%s is success of all", (_, response) => {
  expect(failed(response)).toEqual([]);
});

test.each([
  ["one failure", [{ itemIdentifier: "b" }], ["b"]],
  ["one failure twice", [{ itemIdentifier: "b" }, { itemIdentifier: "b" }], ["b"]],
  ["two failures in any order", [{ itemIdentifier: "c" }, { itemIdentifier: "a" }], ["c", "a"]],
  ["fields beside the identifier", [{ itemIdentifier: "b", why: "late" }], ["b"]],
])("%s fails what it names", (_, batchItemFailures, expected) => {
  expect(failed({ batchItemFailures })).toEqual(expected);
});

test.each([
  ["an identifier that is not in the batch", { batchItemFailures: [{ itemIdentifier: "other" }] }],
  ["an empty identifier", { batchItemFailures: [{ itemIdentifier: "" }] }],
  ["a null identifier", { batchItemFailures: [{ itemIdentifier: null }] }],
  ["a number as identifier", { batchItemFailures: [{ itemIdentifier: 1 }] }],
  ["a bad key name", { batchItemFailures: [{ messageId: "a" }] }],
  ["a good identifier and a bad one", { batchItemFailures: [{ itemIdentifier: "a" }, {}] }],
  ["an entry that is a text", { batchItemFailures: ["a"] }],
  ["an entry that is null", { batchItemFailures: [null] }],
  ["a list that is a text", { batchItemFailures: "all" }],
  ["a list that is an object", { batchItemFailures: { itemIdentifier: "a" } }],
  ["a text", "ok"],
  ["a list instead of an object", [{ itemIdentifier: "a" }]],
  ["a boolean", true],
])("%s is failure of all", (_, response) => {
  expect(failed(response)).toEqual(identifiers);
});

test("without ReportBatchItemFailures any answer is success of all", () => {
  expect(failed({ batchItemFailures: [{ itemIdentifier: "a" }] }, false)).toEqual([]);
  expect(failed("no", false)).toEqual([]);
});

test("batches hold at most the batch size and at most 6 MB, in order", () => {
  expect(batchesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(batchesOf([], 2)).toEqual([]);
  const large = ["a", "b", "c"].map((letter) => letter.repeat(2.5 * 1024 * 1024));
  expect(batchesOf(large, 10).map(({ length }) => length)).toEqual([2, 1]);
  expect(batchesOf(["x".repeat(7e6), "y"], 10).map(({ length }) => length)).toEqual([1, 1]);
});

// docs/scaling.md says what the code says: its tables are made, and a change of a limit or a price makes them anew.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { dollarsPerMessage } from "../src/scaling/cost.ts";
import { markdownTable, sectionOf, withSection } from "../src/scaling/document-section.ts";
import { limits } from "../src/scaling/limits.ts";
import { prices } from "../src/scaling/prices.ts";
import { hiddenSeconds, tables } from "../src/scaling/tables.ts";

const document = readFileSync("docs/scaling.md", "utf8");

it.each(Object.entries(tables()))("the table of %s is the one that the code makes", (name, table) => {
  expect(sectionOf(document, `scaling:${name}`)).toBe(table);
});

it.each([...Object.values(limits), ...Object.values(prices)])("$what has its page at AWS", ({ page }) => {
  expect(page).toMatch(/^https:\/\/(docs\.)?aws\.amazon\.com\//);
});

it("a million messages cost their units, requests and seconds at the list price", () => {
  const { dynamodb, sqs, lambda, total } = dollarsPerMessage(
    {
      ...{ writeUnits: 6, readUnits: 1, sqsRequests: 0, messagesPerInvocation: 10 },
      ...{ invocationMs: 100, memoryMegabytes: 512 },
    },
    { writeUnits: 1, sqsRequests: 0.1 },
  );
  expect(dynamodb * 1e6).toBeCloseTo(7 * 0.625 + 0.125);
  expect(sqs * 1e6).toBeCloseTo((0.1 + 0.2) * 0.4);
  expect(lambda * 1e6).toBeCloseTo(0.1 * (0.2 + 0.1 * 0.5 * 13.3334));
  expect(total).toBeCloseTo(dynamodb + sqs + lambda);
});

it("a message that always fails is invisible for the sum of its visibility timeouts", () => {
  expect(hiddenSeconds(5)).toEqual({ mean: 17, max: 30 });
});

it("a section of a document is replaced whole, and must be there", () => {
  const text = "a\n<!-- x -->\nold\n<!-- /x -->\nb";
  expect(withSection(text, "x", "new")).toBe("a\n<!-- x -->\nnew\n<!-- /x -->\nb");
  expect(() => withSection("a", "x", "new")).toThrow("<!-- x -->");
  expect(markdownTable(["a|b"], [["c"]])).toContain("a\\|b");
});

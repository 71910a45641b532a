import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { documents } from "../src/document.ts";

it("the documents that a bench writes its tables into are there, and have places for them", () => {
  expect(documents.map((document) => document.pathname.split("/").at(-1))).toEqual([
    "performance.md",
    "README.md",
  ]);
  for (const document of documents) expect(readFileSync(document, "utf8")).toMatch(/<!-- bench:[\w-]+ -->/);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wiringDocument, wiringText } from "./wiring-table.ts";

test("docs/wiring.md has each rule with its demand", () => {
  expect(
    readFileSync(wiringDocument, "utf8"),
    "run node packages/constructs/test/rules/wiring-table.ts",
  ).toBe(wiringText());
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allRules } from "../../../lib/rules/wiring-rules.ts";

test("docs/wiring.md has each rule with its demand, in their order", () => {
  const rows = readFileSync("docs/wiring.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `") && !line.startsWith("| `Wiring::`"));
  expect(rows).toEqual(allRules.map(({ id, demand }) => `| \`${id}\` | ${demand} |`));
});

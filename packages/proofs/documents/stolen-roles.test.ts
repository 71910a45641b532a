import { synthesizeApp, validationContext } from "@essentially-once/testing/real-app";
import { expect, test } from "vitest";
import { documentedLines, linesOf } from "./stolen-roles.ts";

/** What is added to it, its owner adds to the document. */
const ours = ["Foundation", "Orders", "Credit", "Shipping", "Insights", "Relay"];

test("SECURITY.md says of every role what its policies allow, and nothing else", () => {
  const lines = linesOf(validationContext(synthesizeApp({}, "bin/app.ts")));
  const documented = documentedLines();
  const hint = "run node packages/proofs/documents/stolen-roles.ts";
  expect(lines.filter(({ stack }) => ours.includes(stack)).length, hint).toBeGreaterThan(2);
  for (const { stack, text } of lines) if (ours.includes(stack)) expect(documented, hint).toContain(text);
  const allowed = lines.map(({ text }) => text);
  expect(
    documented.filter((line) => !allowed.includes(line)),
    hint,
  ).toEqual([]);
});

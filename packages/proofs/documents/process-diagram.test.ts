import { expect, it } from "vitest";
import { processDocument } from "./process-diagram.ts";

it("docs/processes.md has the diagram of the sample's process as its table is", () => {
  const { is, mustBe } = processDocument();
  expect(is, "run node packages/proofs/documents/process-diagram.ts").toBe(mustBe);
});

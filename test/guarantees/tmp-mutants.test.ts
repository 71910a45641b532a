import { afterAll, expect, it } from "vitest";
import { runCheck } from "./mutants/check-tree.ts";
import { inlineMutants } from "./mutants/inline.ts";
import { copyTree } from "./mutants/tree-copy.ts";
const copy = await copyTree();
afterAll(() => copy.remove());
it.each(inlineMutants.filter(({ checks }) => checks.some((c) => JSON.stringify(c).includes("inline-overflow") || JSON.stringify(c).includes("messaging/inline.test"))))("$name", async (mutant) => {
  const check = mutant.checks[0]!;
  const said = await copy.withMutant(mutant, () => runCheck(copy.directory, check));
  console.log("MUTANT", mutant.name, "→", said ?? "SURVIVED");
  expect(said).toBeDefined();
}, 200_000);

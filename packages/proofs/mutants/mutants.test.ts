// The mutants are up to date: each applies, and the checks it names are there. What the checks make of them is for
// `npm run prove`; that a copy is changed, checked and put back is seen here with one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { concurrentScenarios, scenarios } from "../scenarios/all.ts";
import { mutants } from "./catalog.ts";
import { runCheck } from "./check-tree.ts";
import { type Mutant, messaging, mutate } from "./mutant.ts";
import { mutantsDocument, mutantsText } from "./mutants-table.ts";
import { copyTree, projectDirectory } from "./tree-copy.ts";

describe("the mutants", () => {
  it("are many, and each has its own name", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it.each(mutants)("$name: applies and can be read", async (mutant) => {
    const text = readFileSync(join(projectDirectory, mutant.file), "utf8");
    const mutated = mutate(text, mutant);
    expect(mutated).not.toBe(text);
    await transform(mutated, { loader: "ts" });
  });

  it("name checks that are there", () => {
    const names = new Set([...scenarios(), ...concurrentScenarios()].map(({ name }) => name));
    const missing = mutants
      .flatMap(({ checks }) => checks)
      .filter((check) => !(check.kind === "test" ? existsSync(check.file) : names.has(check.scenario)));
    expect(missing).toEqual([]);
  });

  it("are those in docs/mutants.md", () => {
    expect(readFileSync(mutantsDocument, "utf8"), "run node packages/proofs/mutants/mutants-table.ts").toBe(
      mutantsText(),
    );
  });

  it("are refused when they are out of date", () => {
    expect(() => mutate("a a", { ...anyMutant, find: "a" })).toThrow("occurs 2 times");
    expect(() => mutate("b", { ...anyMutant, find: "a" })).toThrow("occurs 0 times");
  });
});

describe("a copy of the tree", async () => {
  const copy = await copyTree();
  afterAll(() => copy.remove());
  const check = messaging("hop-limit");

  it("has its check fail under a mutant, and hold again after it", async () => {
    const mutant = mutants.find(({ name }) => name === "no bound for hops") as Mutant;
    expect(await copy.withMutant(mutant, () => runCheck(copy.directory, check))).toMatch(/^G11: /);
    expect(await runCheck(copy.directory, check)).toBeUndefined();
  });
});

const anyMutant: Mutant = { name: "any", file: "any.ts", find: "", replace: "", checks: [] };

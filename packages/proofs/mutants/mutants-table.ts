// Writes the mutants into docs/mutants.md: node packages/proofs/mutants/mutants-table.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutants } from "./catalog.ts";
import type { Check, Mutant } from "./mutant.ts";
import { projectDirectory } from "./tree-copy.ts";

export const mutantsDocument = join(projectDirectory, "docs/mutants.md");

export function mutantsText(): string {
  const noticed = mutants.filter(({ survives }) => survives === undefined);
  const surviving = mutants.filter(({ survives }) => survives !== undefined);
  return [
    "# Mutants",
    "",
    "Each is the code with one change that breaks a promise, and what must notice. `npm run prove -- --only mutants --long` makes",
    "each change in a copy of the tree and runs what is named beside it, after having seen that it holds for the code as it is;",
    "`npm run prove` does so with those that are noticed by the search for crash points or by a test without engines. A survivor fails",
    "the command. This page is written by `node packages/proofs/mutants/mutants-table.ts`.",
    "",
    "These are the mistakes that we thought of. `npm run prove -- --only random-mutants --count 300 --seed 1` draws others: every single",
    "change that [StrykerJS](https://stryker-mutator.io) can make to the kit is as likely, and each is held against all tests that run its line.",
    "Survivors are listed and fail the command, unless `packages/proofs/mutants/random/explained.ts` has a reason.",
    "",
    `## ${noticed.length} that must be noticed`,
    "",
    row("what is wrong", "in", "noticed by"),
    "|---|---|---|",
    ...noticed.map((mutant) => row(mutant.name, link(mutant.file), noticedBy(mutant))),
    "",
    "## Those that cannot be",
    "",
    row("what is wrong", "in", "why it survives"),
    "|---|---|---|",
    ...surviving.map(({ name, file, survives = "" }) => row(name, link(file), survives)),
    "",
  ].join("\n");
}

function noticedBy({ checks }: Mutant): string {
  return checks.map(textOf).join(", or ");
}

function textOf(check: Check): string {
  if (check.kind === "test") return link(check.file);
  return `${check.kind === "faults" ? "single faults of" : "orders of"} “${check.scenario}”`;
}

function link(file: string): string {
  return `[${file.split("/").at(-1)}](../${file})`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) writeFileSync(mutantsDocument, mutantsText());

// Writes the mutants into docs/mutants.md: node packages/proofs/mutants/mutants-table.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutants, mutantsByPart } from "./catalog.ts";
import type { Check, Mutant } from "./mutant.ts";
import { projectDirectory } from "./tree-copy.ts";

export const mutantsDocument = join(projectDirectory, "docs/mutants.md");

export function mutantsText(): string {
  const noticed = mutants.filter(({ survives }) => survives === undefined);
  const surviving = mutants.filter(({ survives }) => survives !== undefined);
  return [
    "# Mutants",
    "",
    "Each mutant is the code with one change that breaks a promise, which the test or search beside it must detect. Written by",
    "`node packages/proofs/mutants/mutants-table.ts`.",
    "",
    "- `npm run prove -- --only mutants --long` applies each change to a copy of the tree and runs its checks; one that goes undetected fails.",
    "- `npm run prove` does so for mutants that the explorer or a test without engines detects.",
    "- `npm run prove -- --only random-mutants` draws random changes that [StrykerJS](https://stryker-mutator.io) can make to the kit.",
    "  `packages/proofs/mutants/random/equivalent.ts` lists accepted survivors.",
    "",
    "“faults: S” is the explorer's search of scenario S with every single fault; “orders: S”, with every order of calls.",
    "",
    `${noticed.length} mutants must be detected.`,
    "",
    ...Object.entries(mutantsByPart).flatMap(([part, list]) => [
      `## ${part}`,
      "",
      row("detected by", "changes"),
      "|---|---|",
      ...rowsOf(list, part),
      "",
    ]),
    "## Accepted survivors",
    "",
    row("change", "why it survives"),
    "|---|---|",
    ...surviving.map((mutant) => row(change(mutant, ""), mutant.survives ?? "")),
    "",
  ].join("\n");
}

/** One for each check, with the changes that it detects. */
function rowsOf(list: readonly Mutant[], part: string): string[] {
  const noticed = list.filter(({ survives }) => survives === undefined);
  return [...Map.groupBy(noticed, detectedBy)].map(([by, found]) =>
    row(by, found.map((mutant) => change(mutant, part)).join("<br>")),
  );
}

function change({ name, file }: Mutant, part: string): string {
  const prefix = `${part.toLowerCase()}: `;
  return `[${name.startsWith(prefix) ? name.slice(prefix.length) : name}](../${file})`;
}

function detectedBy({ checks }: Mutant): string {
  return checks.map(textOf).join(", ");
}

function textOf(check: Check): string {
  if (check.kind === "test") return `[\`${nameOf(check.file)}\`](../${check.file})`;
  return `${check.kind === "faults" ? "faults" : "orders"}: ${check.scenario}`;
}

function nameOf(file: string): string {
  return file.split("/").at(-1)?.replace(".test.ts", "") ?? file;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) writeFileSync(mutantsDocument, mutantsText());

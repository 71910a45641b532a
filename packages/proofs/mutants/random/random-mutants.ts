// Random single changes to the kit, each against all tests that run its line: what no test notices is listed, so that it is
// noticed from then on, or has a reason. The chosen mutants (catalog.ts) are what we thought of; these are what we did not.
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyTree } from "../tree-copy.ts";
import { cover } from "./coverage.ts";
import { draw } from "./draw.ts";
import { reasonFor } from "./explained.ts";
import { type Change, instrument } from "./instrument.ts";
import { type Result, tryAll } from "./try-all.ts";

export interface RandomMutantsOptions {
  readonly count: number;
  readonly seed: number;
  readonly workers: number;
  /** Of the kit's files, those whose path has this in it. */
  readonly only?: string;
  readonly onProgress?: (text: string) => void;
}

export interface RandomMutantsFigures {
  readonly drawn: number;
  readonly noticed: number;
  /** Of the noticed ones, those whose tests had to be stopped. */
  readonly timedOut: number;
  /** Unnoticed, each with its reason. */
  readonly explained: number;
  /** Unnoticed and without a reason: `file:line: "original" → "replacement"`. */
  readonly survivors: readonly string[];
  /** Tests that do not run in one process with the others, and so notice nothing. */
  readonly left: readonly string[];
  readonly seconds: number;
}

/** What runs in AWS: a change there is what a user would meet. */
const kit = "packages/messaging/src/**/*.ts";

/** The tests that hold the kit's promises, and take moments: what runs a process or an app of its own is left out. */
const tests = [
  "packages/messaging/test/**/*.test.ts",
  "packages/proofs/ship-order.test.ts",
  "packages/operator/test/inline-bars.test.ts", // the only caller of what bars a message
  "packages/operator/test/{original-form,routes}.test.ts",
  "packages/proofs/foreign-messages/*.test.ts",
  "packages/proofs/consistent-reads.test.ts",
  "packages/proofs/documents/process-diagram.test.ts",
  "packages/proofs/crash-points.test.ts",
  "packages/proofs/cost.test.ts",
];

export async function proveRandomMutants({
  count,
  seed,
  workers,
  only = "",
  onProgress = () => undefined,
}: RandomMutantsOptions): Promise<RandomMutantsFigures> {
  const beganAt = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), "essentially-once-random-mutants-"));
  const copy = await copyTree();
  try {
    const files = globSync(kit).filter((file) => file.includes(only));
    const { changes, contents } = await instrument(files.sort());
    const drawn = draw(changes, { count, seed });
    for (const file of new Set(drawn.map((change) => change.file)))
      await writeFile(join(copy.directory, file), contents.get(file) ?? "");
    const variables = {
      KEPT_ASSEMBLIES: join(scratch, "assemblies"), // no change is in what synthesizes
      NODE_COMPILE_CACHE: join(scratch, "compiled"),
    };
    const place = { directory: copy.directory, variables };
    onProgress(`random mutants: ${drawn.length} drawn, seed ${seed}; all tests once without any`);
    const coverage = await cover(globSync(tests).sort(), place, workers);
    const results: Result[] = [];
    let lastMs = performance.now();
    await tryAll(drawn, coverage, { place, workers }, (result) => {
      results.push(result);
      const seconds = ((performance.now() - lastMs) / 1_000).toFixed(1);
      lastMs = performance.now();
      const state = result.noticed ? "noticed" : reasonFor(result.change) ? "explained" : "NOT NOTICED";
      const detail = result.noticed?.timedOut ? ` (${oneLine(result.noticed.because)})` : "";
      onProgress(
        `random mutants: ${results.length} of ${drawn.length}: ${state} in ${seconds} s: ${told(result.change)}${detail}`,
      );
    });
    const unnoticed = results.filter(({ noticed }) => noticed === undefined).map(({ change }) => change);
    const survivors = unnoticed.filter((change) => reasonFor(change) === undefined);
    return {
      drawn: drawn.length,
      noticed: drawn.length - unnoticed.length,
      timedOut: results.filter(({ noticed }) => noticed?.timedOut).length,
      explained: unnoticed.length - survivors.length,
      survivors: survivors.map(told),
      left: coverage.left,
      seconds: (performance.now() - beganAt) / 1_000,
    };
  } finally {
    await copy.remove();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

export function told({ file, start, original, replacement }: Change): string {
  return `${file}:${start.line}:${start.column}: ${oneLine(original)} → ${oneLine(replacement)}`;
}

function oneLine(text: string): string {
  return JSON.stringify(text.replace(/\s+/g, " ").slice(0, 100));
}

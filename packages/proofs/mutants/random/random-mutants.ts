// Random single changes to the kit, each against all tests that run its line: what no test notices is listed, so that it is
// noticed from then on, or has a reason. The chosen mutants (catalog.ts) are what we thought of; these are what we did not.
import { globSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyTree } from "../tree-copy.ts";
import { type Change, discover } from "./discover.ts";
import { draw } from "./draw.ts";
import { reasonFor } from "./explained.ts";
import { isTimeOut, type Result, tryAll } from "./try-all.ts";

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
  /** Of the drawn ones, those that no program can be made of. */
  readonly invalid: number;
  readonly seconds: number;
}

/** What runs in AWS: a change there is what a user would meet. */
const kit = "packages/messaging/src/**/*.ts";

export async function proveRandomMutants({
  count,
  seed,
  workers,
  only = "",
  onProgress = () => undefined,
}: RandomMutantsOptions): Promise<RandomMutantsFigures> {
  const beganAt = performance.now();
  const files = globSync(kit)
    .filter((file) => file.includes(only))
    .sort();
  const scratch = await mkdtemp(join(tmpdir(), "essentially-once-random-mutants-"));
  const copy = await copyTree(); // whose packages are its own: what StrykerJS copies by itself would import ours
  try {
    const configuration = join(scratch, "stryker.json");
    await writeFile(configuration, JSON.stringify(configurationFor(files, scratch, workers)));
    const drawn = draw(await discover(files, configuration), { count, seed });
    onProgress(`random mutants: ${drawn.length} drawn, seed ${seed}`);
    const ranges = drawn.map(
      ({ file, start, end }) => `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
    );
    const asked = {
      ...configurationFor(ranges, scratch, workers),
      plugins: ["@stryker-mutator/vitest-runner", here("only-drawn.mjs"), here("report-results.mjs")],
      ignorers: ["only-drawn"],
      reporters: ["report-results"],
    };
    await writeFile(configuration, JSON.stringify(asked));
    const variables = {
      DRAWN_CHANGES: join(scratch, "drawn.json"),
      PLANNED_MUTANTS: join(scratch, "planned.json"),
      TEST_TIMES: join(scratch, "test-times"),
      KEPT_ASSEMBLIES: join(scratch, "assemblies"), // no mutant is in what synthesizes
      NODE_COMPILE_CACHE: join(scratch, "compiled"),
    };
    await writeFile(variables.DRAWN_CHANGES, JSON.stringify(drawn.map(place)));
    const results = new Map<Change, Result>();
    await tryAll({ configuration, variables, directory: copy.directory }, (result) => {
      const change = drawn.find((one) => isOf(one, result));
      if (change === undefined) return;
      results.set(change, result);
      const { status, seconds, because } = result;
      const detail = isTimeOut(result) ? ` (${oneLine(because ?? "")})` : "";
      onProgress(
        `random mutants: ${results.size} of ${drawn.length}: ${status} in ${seconds} s: ${told(change)}${detail}`,
      );
    });
    return { ...figuresOf(drawn, results), seconds: (performance.now() - beganAt) / 1_000 };
  } finally {
    await copy.remove();
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

function configurationFor(mutate: readonly string[], scratch: string, concurrency: number) {
  return {
    mutate,
    concurrency,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "packages/proofs/mutants/random/vitest.config.ts", related: false, pool: "forks" },
    tsconfigFile: "none.json", // TypeScript 7 has no API by which it would be read
    inPlace: true,
    tempDirName: join(scratch, "sandbox"),
    ignorePatterns: ["cdk.out", ".local-cloud", ".git"],
    allowConsoleColors: false,
    timeoutMS: 60_000, // a busy machine is not a loop without an end
    dryRunTimeoutMinutes: 30,
    disableTypeChecks: false,
  };
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** As the plugin's parser counts: columns from 0. */
function place({ start, end }: Change) {
  const zeroBased = ({ line, column }: Change["start"]) => ({ line, column: column - 1 });
  return { start: zeroBased(start), end: zeroBased(end) };
}

function figuresOf(
  drawn: readonly Change[],
  results: ReadonlyMap<Change, Result>,
): Omit<RandomMutantsFigures, "seconds"> {
  const having = (...states: Result["status"][]) =>
    drawn.filter((change) => states.includes(stateOf(change)));
  const unnoticed = having("Survived", "NoCoverage");
  const invalid = having("CompileError", "RuntimeError").length;
  const survivors = unnoticed.filter((change) => reasonFor(change) === undefined);
  return {
    drawn: drawn.length,
    noticed: drawn.length - invalid - unnoticed.length,
    timedOut: [...results.values()].filter(isTimeOut).length,
    explained: unnoticed.length - survivors.length,
    survivors: survivors.map((change) => `${told(change)}${missing(results.get(change))}`),
    invalid,
  };

  function stateOf(change: Change): Result["status"] {
    const result = results.get(change);
    if (result === undefined) throw new Error(`StrykerJS did not try ${told(change)}`);
    return result.status;
  }
}

function isOf(change: Change, result: Result): boolean {
  return (
    change.file === result.file &&
    change.mutatorName === result.mutatorName &&
    change.replacement === result.replacement &&
    same(change.start, result.start) &&
    same(change.end, result.end)
  );
}

function same(one: Change["start"], other: Change["start"]): boolean {
  return one.line === other.line && one.column === other.column;
}

function told({ file, start, original, replacement }: Change): string {
  return `${file}:${start.line}:${start.column}: ${oneLine(original)} → ${oneLine(replacement)}`;
}

function missing(result: Result | undefined): string {
  return result?.missing ? ` (${result.missing} of its tests were not run: their titles change)` : "";
}

function oneLine(text: string): string {
  return JSON.stringify(text.replace(/\s+/g, " ").slice(0, 100));
}

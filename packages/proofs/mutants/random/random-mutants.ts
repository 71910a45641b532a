// Random single changes to the kit, each against all tests that run its line: what no test notices is listed, so that it is
// noticed from then on, or has a reason. The chosen mutants (catalog.ts) are what we thought of; these are what we did not.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Change, discover, strykerProgram } from "./discover.ts";
import { draw } from "./draw.ts";
import { reasonFor } from "./explained.ts";

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
  /** Unnoticed, each with its reason. */
  readonly explained: number;
  /** Unnoticed and without a reason: `file:line: "what stands there" → "what would"`. */
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
  try {
    const configuration = join(scratch, "stryker.json");
    const reportFile = join(scratch, "report.json");
    await writeFile(configuration, JSON.stringify(configurationFor(files, scratch, workers)));
    const drawn = draw(await discover(files, configuration), { count, seed });
    onProgress(`random mutants: ${drawn.length} drawn, seed ${seed}`);
    const ranges = drawn.map(
      ({ file, start, end }) => `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
    );
    const asked = {
      ...configurationFor(ranges, scratch, workers),
      plugins: ["@stryker-mutator/vitest-runner", here("only-drawn.mjs")],
      ignorers: ["only-drawn"],
      jsonReporter: { fileName: reportFile },
    };
    await writeFile(configuration, JSON.stringify(asked));
    await writeFile(join(scratch, "drawn.json"), JSON.stringify(drawn.map(place)));
    await test(configuration, { DRAWN_CHANGES: join(scratch, "drawn.json") }, onProgress);
    const report = JSON.parse(await readFile(reportFile, "utf8")) as Report;
    return { ...figuresOf(drawn, report), seconds: (performance.now() - beganAt) / 1_000 };
  } finally {
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
    tempDirName: join(scratch, "sandbox"),
    ignorePatterns: ["cdk.out", ".local-cloud", ".git"],
    reporters: ["json", "progress-append-only"],
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

async function test(
  configuration: string,
  variables: Readonly<Record<string, string>>,
  onProgress: (text: string) => void,
): Promise<void> {
  const child = spawn(process.execPath, [strykerProgram, "run", configuration], {
    env: { ...process.env, ...variables, CDK_VALIDATION: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4_000);
      const [progress] = /Mutation testing .*tested \(.*/.exec(text) ?? [];
      if (progress) onProgress(`random mutants: ${progress}`);
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0) throw new Error(`StrykerJS ended with ${code}: ${said}`);
}

interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly mutants: readonly {
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly status: string;
          readonly location: Pick<Change, "start" | "end">;
        }[];
      }
    >
  >;
}

function figuresOf(drawn: readonly Change[], { files }: Report): Omit<RandomMutantsFigures, "seconds"> {
  const states = drawn.map((change) => ({ change, state: stateOf(change) }));
  const unnoticed = states
    .filter(({ state }) => ["Survived", "NoCoverage"].includes(state))
    .map(({ change }) => change);
  const invalid = states.filter(({ state }) => ["CompileError", "RuntimeError"].includes(state)).length;
  const survivors = unnoticed.filter((change) => reasonFor(change) === undefined);
  return {
    drawn: drawn.length,
    noticed: drawn.length - invalid - unnoticed.length,
    explained: unnoticed.length - survivors.length,
    survivors: survivors.map(told),
    invalid,
  };

  function stateOf({ file, mutatorName, replacement, start, end }: Change): string {
    const found = files[file]?.mutants.find(
      (mutant) =>
        mutant.mutatorName === mutatorName &&
        (mutant.replacement ?? "") === replacement &&
        same(mutant.location.start, start) &&
        same(mutant.location.end, end),
    );
    if (found === undefined) throw new Error(`StrykerJS did not try ${told({ file, start, replacement })}`);
    return found.status;
  }
}

function same(one: Change["start"], other: Change["start"]): boolean {
  return one.line === other.line && one.column === other.column;
}

function told({
  file,
  start,
  original = "",
  replacement,
}: Pick<Change, "file" | "start" | "replacement"> & Partial<Pick<Change, "original">>): string {
  return `${file}:${start.line}:${start.column}: ${oneLine(original)} → ${oneLine(replacement)}`;
}

function oneLine(text: string): string {
  return JSON.stringify(text.replace(/\s+/g, " ").slice(0, 100));
}

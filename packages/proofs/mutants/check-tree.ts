// Runs the checks of a mutant in a copy of the tree, each in a process of its own.
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "./mutant.ts";
import type { Found } from "./search.ts";

/** What a check noticed, in a sentence; undefined when it noticed nothing. */
export type Noticed = string | undefined;

/** A mutant may never end; the time limit notices that, too. */
const checkMsMax = 300_000;

export async function runCheck(directory: string, check: Check): Promise<Noticed> {
  return check.kind === "test"
    ? runTests(directory, [check.file])
    : runSearch(directory, [check.kind, check.scenario]);
}

/** The scenario without faults; the crash points are searched by the gate itself. */
export async function runWithoutFaults(directory: string, scenario: string): Promise<Noticed> {
  return runSearch(directory, ["faults", scenario, "0"]);
}

async function runSearch(directory: string, what: readonly string[]): Promise<Noticed> {
  const { stdout, ended } = await run(directory, ["packages/proofs/mutants/search.ts", ...what]);
  if (ended !== 0) return `the search for ${what.join(" ")} ${endOf(ended)}`;
  return (JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Found).sentence;
}

/** @param files none for all */
export async function runTests(
  directory: string,
  files: readonly string[],
  { msMax = checkMsMax } = {},
): Promise<Noticed> {
  const report = join(directory, "tmp", "tests.json");
  await rm(report, { force: true });
  const { ended } = await run(
    directory,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--bail=1",
      "--testTimeout=60000", // what hangs is noticed, and not waited for as a busy machine is
      "--reporter=json",
      `--outputFile=${report}`,
      ...files,
    ],
    msMax,
  );
  if (ended === 0) return undefined;
  const text = await readFile(report, "utf8").catch(() => "{}");
  const { testResults = [] } = JSON.parse(text) as Report;
  for (const { name, assertionResults, message } of testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    if (failed) return failed.title;
    if (message) return `${name.split("/").at(-1)} does not begin: ${message.split("\n")[0]}`;
  }
  return `${files.join(" ")} ${endOf(ended)}`;
}

interface Report {
  readonly testResults?: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

type Ended = number | "late";

function endOf(ended: Ended): string {
  return ended === "late" ? "did not end in time" : `ended with ${ended}`;
}

async function run(
  directory: string,
  command: readonly string[],
  msMax = checkMsMax,
): Promise<{ readonly stdout: string; readonly ended: Ended }> {
  const child = spawn(process.execPath, command, {
    cwd: directory,
    env: { ...process.env, TMPDIR: join(directory, "tmp"), CDK_VALIDATION: "false", VITEST: undefined },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  let late = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, msMax);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  clearTimeout(timer);
  return { stdout, ended: late ? "late" : code };
}

// One run of StrykerJS: every result as soon as it is known.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Change, strykerProgram } from "./discover.ts";

/** As report-results.mjs writes it. */
export interface Result extends Pick<Change, "file" | "mutatorName" | "replacement" | "start" | "end"> {
  readonly status:
    | "Killed"
    | "Timeout"
    | "Survived"
    | "NoCoverage"
    | "CompileError"
    | "RuntimeError"
    | "Ignored";
  /** Since the result before. */
  readonly seconds: number;
  /** Of a survivor: tests that run the change, and were not found again by their titles. */
  readonly missing?: number;
  /** The first failure. */
  readonly because?: string;
}

/** Noticed because the tests did not end: by StrykerJS, or by the bound of a test. */
export function isTimeOut({ status, because = "" }: Result): boolean {
  return status === "Timeout" || (status === "Killed" && /timed out/.test(because));
}

export interface Asked {
  /** Path of a Stryker configuration. */
  readonly configuration: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The tree that is changed. */
  readonly directory: string;
}

export async function tryAll(
  { configuration, variables, directory }: Asked,
  onResult: (result: Result) => void,
): Promise<void> {
  const child = spawn(process.execPath, [strykerProgram, "run", configuration], {
    cwd: directory,
    env: { ...process.env, ...variables, CDK_VALIDATION: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      const [, result] = /^result (.*)/.exec(line) ?? [];
      if (result === undefined) said = `${said}${line}\n`.slice(-4_000);
      else onResult(JSON.parse(result));
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject).once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  if (code !== 0) throw new Error(`StrykerJS ended with ${code}: ${said}`);
}

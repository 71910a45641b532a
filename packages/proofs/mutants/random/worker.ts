// One process of vitest that works a plan off, as far as it comes: a change may make it hang, or end it.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { controlFile, type Entry, type Trial, trialFile } from "./trial.ts";

export interface Place {
  /** Of the changed tree: the worker's files come into its `tmp`. */
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
}

const config = fileURLToPath(new URL("vitest.config.ts", import.meta.url));
/** Longer than any test: then a loop has no end. */
const silentMsMax = 60_000;
const lookMs = 200;

/** @returns whether it came to its end, and was not stopped because it was silent */
export async function work(
  trials: readonly Trial[],
  { directory, variables }: Place,
  onEntry: (entry: Entry) => void,
): Promise<boolean> {
  mkdirSync(join(directory, "tmp"), { recursive: true });
  const own = await mkdtemp(join(directory, "tmp/trials-"));
  const [plan, journal] = [join(own, "plan.json"), join(own, "journal")];
  writeFileSync(plan, JSON.stringify({ trials, journal }));
  writeFileSync(journal, "");
  for (const index of trials.keys()) {
    writeFileSync(join(own, trialFile(index)), "");
    writeFileSync(join(own, controlFile(index)), "");
  }
  const child = spawn("vitest", ["run", "--config", config, "--reporter", "dot"], {
    cwd: directory,
    env: { ...process.env, ...variables, TRIAL_PLAN: plan, TRIALS: own, CDK_VALIDATION: "false" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // so that its own processes end with it
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4_000);
    });
  }
  const ended = new Promise<false>((resolve) => child.once("close", () => resolve(false)));
  const entries = follow(journal, onEntry);
  while (await Promise.race([sleep(lookMs, true), ended])) {
    if (entries.read() < silentMsMax) continue;
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    return false;
  }
  entries.read();
  if (!entries.any()) throw new Error(`vitest tried nothing: ${said}`);
  return true;
}

/** Its `read` tells what was written since, and says for how many milliseconds nothing was. */
function follow(journal: string, onEntry: (entry: Entry) => void) {
  let [read, lastAt] = [0, Date.now()];
  return {
    any: () => read > 0,
    read(): number {
      const text = readFileSync(journal).subarray(read);
      const whole = text.subarray(0, text.lastIndexOf("\n") + 1);
      if (whole.length > 0) lastAt = Date.now();
      read += whole.length;
      for (const line of whole.toString("utf8").split("\n")) if (line !== "") onEntry(JSON.parse(line));
      return Date.now() - lastAt;
    },
  };
}

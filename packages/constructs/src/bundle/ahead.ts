// Bundles that a thread of its own makes while the CDK loads and the stacks are built: that leaves one of two cores idle.
import { globSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { projectRoot } from "./project.ts";

/** What the thread is given. */
export interface Ahead {
  /** Paths from the project's root. */
  readonly files: readonly string[];
  /** How many it is done with, whether they could be made or not. */
  readonly done: Int32Array;
}

let begun: Ahead | undefined;

/** Begins with all files of `functions/` that have a handler; those that are kept already are not made again. */
export function makeBundlesAhead(): void {
  const files = globSync("functions/*/*.ts", { cwd: projectRoot }).filter((file) =>
    /^export (const|function|\{) ?handler\b/m.test(readFileSync(join(projectRoot, file), "utf8")),
  );
  begun = { files, done: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
  const program = new URL(`ahead-worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(program, { workerData: begun, execArgv: [] });
  worker.on("error", () => undefined); // the synthesis makes them itself
  worker.unref();
}

/** Returns when the file's bundle was made ahead, or when nobody is making it. */
export function waitForBundle(file: string): void {
  const position = begun?.files.indexOf(file) ?? -1;
  while (begun !== undefined) {
    const done = Atomics.load(begun.done, 0);
    if (done > position) return;
    if (Atomics.wait(begun.done, 0, done, waitMs) === "timed-out") begun = undefined; // whoever makes them has died
  }
}

/** Longer than a bundle takes on a busy machine. */
const waitMs = 20_000;

// Throughput with the CPU of a small function. Lambda gives CPU by memory: 1,769 MB are one, so 512 MB are 0.29. The client
// runs in a process of its own here, which is stopped for as long as it is ahead of its share, as the kernel does with a
// function; the engine is not. Needs the CPU times that only Linux shows: elsewhere there are no such rows.
//
//   https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Contender } from "./contender.ts";
import type { BenchEngines } from "./engines.ts";
import type { Cell } from "./matrix.ts";
import { figuresOf, type Sample } from "./measure.ts";

export const smallFunction = "fresh, a function of 512 MB";
const cpuShare = 512 / 1_769;

export interface SmallFunctionOptions {
  readonly contenders: readonly Contender[];
  readonly messages: number;
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}

export async function measureSmallFunction(
  engines: BenchEngines,
  { contenders, messages, rounds, onProgress }: SmallFunctionOptions,
): Promise<Cell[]> {
  if (cpuMsOf(process.pid) === undefined) return [];
  const cells: Cell[] = [];
  for (const [index, { name }] of contenders.entries()) {
    onProgress(index + 1, contenders.length, `${smallFunction}: ${name}`);
    const child = fork(new URL("small-function-child.ts", import.meta.url), [name, String(messages)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const samples: Sample[] = [];
    try {
      for (let round = 0; round <= rounds; round++) {
        await engines.fresh();
        const sample = await (round === 0 ? ask(child) : withShare(child, () => ask(child)));
        if (round > 0) samples.push(sample); // the first warms up, with a whole CPU
      }
    } finally {
      child.kill("SIGKILL");
    }
    cells.push({ contender: name, workload: smallFunction, ...figuresOf(samples) });
  }
  return cells;
}

async function ask(child: ChildProcess): Promise<Sample> {
  child.send("measure");
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the small function ended with code ${code}`);
  });
  const [sample] = (await Promise.race([once(child, "message"), ended])) as [Sample];
  return sample;
}

/** Milliseconds: a look at the child, and how far it may be ahead of its share. */
const lookMs = 2;
const aheadMsMax = 10;

async function withShare<Result>(child: ChildProcess, work: () => Promise<Result>): Promise<Result> {
  const { pid = 0 } = child;
  const [startedMs, cpuMs] = [performance.now(), cpuMsOf(pid) ?? 0];
  const timer = setInterval(() => {
    const usedMs = (cpuMsOf(pid) ?? 0) - cpuMs;
    const shareMs = cpuShare * (performance.now() - startedMs);
    child.kill(usedMs > shareMs + aheadMsMax ? "SIGSTOP" : "SIGCONT");
  }, lookMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    child.kill("SIGCONT");
  }
}

/** Linux counts in hundredths of a second for `proc`: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const tickMs = 10;

/** CPU that a process has used; undefined where nothing says it. */
function cpuMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return user === undefined || system === undefined ? undefined : (user + system) * tickMs;
  } catch {
    return undefined;
  }
}

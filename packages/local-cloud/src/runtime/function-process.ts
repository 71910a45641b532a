// The process of a function: its start, the channel to it, and its end.
//
//   It gets the function's environment and no variable of ours. It never outlives us: it exits when its channel closes, and
//   if its code cannot (an endless loop), the shell that waits on its lifeline kills it, with its child processes.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Duplex, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { COMPILED_CODE } from "../model/compiled-code.ts";
import type { InvocationError } from "../model/invocation.ts";
import type { FunctionEndpoints, LocalFunction } from "../model/model.ts";
import { environmentVariables, logStreamName } from "./environment-variables.ts";

export interface FunctionProcess {
  /** 0 when it could not be started. */
  readonly processId: number;
  say(message: object): void;
  /** What it says next; one reader at a time. */
  next(): Promise<Said>;
  /** Resolves once the process is dead and all it wrote is read. */
  readonly gone: Promise<"gone">;
  /** In Lambda's words; after its end. */
  exitReason(): string;
  kill(): void;
}

/** What the process says on its channel, a line each; see bootstrap.mjs. */
export type Said =
  | { ready: true }
  | { initError: InvocationError }
  | { response: unknown }
  | { error: InvocationError };

/** Lambda gives the old space nine tenths of the function's memory. */
const OLD_SPACE_SHARE = 0.9;
/** Node would let the young generation of each process grow to 48 MB, and twenty processes share this machine. */
const SEMI_SPACE_MEGABYTES = 1;
const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
/** `exec` makes the shell's process the function's, so `$$` is its process group; the waiting half stays a shell. */
const ON_A_LIFELINE = '{ read -r _ <&4; kill -KILL -$$; } >/dev/null 2>&1 3>&- & exec "$@" 4<&-';

export function startFunctionProcess({
  fn,
  endpoints,
  flags = [],
  onLine,
}: {
  readonly fn: LocalFunction;
  readonly endpoints: FunctionEndpoints;
  /** Of Node. */
  readonly flags?: readonly string[];
  readonly onLine: (line: string) => void;
}): FunctionProcess {
  const heapMegabytes = Math.max(16, Math.floor(fn.memoryMegabytes * OLD_SPACE_SHARE));
  const node = [
    process.execPath,
    `--max-old-space-size=${heapMegabytes}`,
    `--max-semi-space-size=${SEMI_SPACE_MEGABYTES}`,
    ...flags,
    ...[BOOTSTRAP, fn.handler, resolve(COMPILED_CODE)],
  ];
  const child = spawn("/bin/sh", ["-c", ON_A_LIFELINE, "function", ...node], {
    cwd: fn.codeDirectory,
    env: environmentVariables({ fn, endpoints, logStream: logStreamName() }),
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    detached: true, // a process group of its own: Ctrl-C reaches us alone, and a kill takes what it started along
  });
  const channel = child.stdio[3] as Duplex;
  for (const output of [child.stdout, child.stderr]) {
    if (output) linesOf(output).on("line", onLine);
  }
  return {
    processId: child.pid ?? 0,
    say: (message) => void channel.write(`${JSON.stringify(message)}\n`),
    ...conversation(channel),
    gone: goneOf(child),
    exitReason: () => exitReasonOf(child, fn),
    kill: () => killGroup(child),
  };
}

/** Lines of the process in the order it said them; one reader. */
function conversation(channel: Duplex): { next(): Promise<Said> } {
  const unread: Said[] = [];
  let reader: ((said: Said) => void) | undefined;
  linesOf(channel).on("line", (line) => {
    const said = saidIn(line);
    if (!said) return;
    if (reader) reader(said);
    else unread.push(said);
    reader = undefined;
  });
  channel.on("error", () => channel.destroy()); // a write to a process that has just died; `gone` tells
  return {
    next: () =>
      new Promise((resolve) => {
        const said = unread.shift();
        if (said) resolve(said);
        else reader = resolve;
      }),
  };
}

/** A pipe whose process was killed may end in a reset; readline passes that on, and `gone` tells it better. */
function linesOf(input: Readable): Interface {
  return createInterface({ input }).on("error", () => input.destroy());
}

/** Undefined for half a line: the process was killed while it wrote. */
function saidIn(line: string): Said | undefined {
  try {
    return JSON.parse(line) as Said;
  } catch {
    return undefined;
  }
}

async function goneOf(child: ChildProcess): Promise<"gone"> {
  child.once("exit", () => {
    killGroup(child); // what the function started, and the waiting half, go with it
    child.stdio[4]?.destroy();
  });
  const failedToStart = new Promise((resolve) => child.once("error", resolve));
  await Promise.race([once(child, "close"), failedToStart]);
  return "gone";
}

function killGroup({ pid }: ChildProcess): void {
  if (!pid) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ESRCH: it has gone already
  }
}

function exitReasonOf({ pid, exitCode, signalCode }: ChildProcess, { codeDirectory }: LocalFunction): string {
  if (!pid) return `could not start a process in ${codeDirectory}`;
  if (signalCode) return `signal: ${signalCode}`;
  return exitCode ? `exit status ${exitCode}` : "no reason";
}

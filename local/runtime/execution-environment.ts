// One execution environment: a process of its own that loads one function and runs one event at a time.
//
//   It gets the function's environment and nothing of ours. Over its deadline it is killed, not asked.
//   It never outlives us: it leaves when its channel closes, and where its code cannot (an endless loop),
//   the shell that waits on its lifeline kills it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Duplex, Readable } from "node:stream";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { InvocationError, InvocationOptions } from "../invocation.ts";
import type { Endpoints, LocalFunction } from "../model.ts";
import { environmentVariables, logStreamName } from "./environment-variables.ts";

export interface ExecutionEnvironment {
  readonly processId: number;
  /** False once the process is dead or doomed. */
  readonly alive: boolean;
  run(invocation: OneInvocation): Promise<Ended>;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface OneInvocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly kill?: InvocationOptions["kill"] | undefined;
}

export interface Ended {
  readonly outcome: "ok" | "error" | "timeout" | "killed";
  readonly response?: unknown;
  readonly error?: InvocationError;
}

export interface EnvironmentOptions {
  readonly fn: LocalFunction;
  readonly endpoints: Endpoints;
  readonly onLine: (requestId: string, line: string) => void;
  readonly onExit: () => void;
}

/** What the process says on its channel, a line each; see bootstrap.mjs. */
type Said =
  | { ready: true }
  | { initError: InvocationError }
  | { response: unknown }
  | { error: InvocationError };

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the init phase is limited to 10 s */
const INIT_MS_MAX = 10_000;
/** Lambda gives the old space nine tenths of the function's memory. */
const OLD_SPACE_SHARE = 0.9;
const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
/** `exec` makes the shell's process the function's, so `$$` is its process group; the waiting half stays a shell. */
const ON_A_LIFELINE = '{ read -r _ <&4; kill -KILL -$$; } >/dev/null 2>&1 3>&- & exec "$@" 4<&-';

export function startExecutionEnvironment({
  fn,
  endpoints,
  onLine,
  onExit,
}: EnvironmentOptions): ExecutionEnvironment {
  const logStream = logStreamName();
  const heapMegabytes = Math.max(16, Math.floor(fn.memoryMegabytes * OLD_SPACE_SHARE));
  const node = [process.execPath, `--max-old-space-size=${heapMegabytes}`, BOOTSTRAP, fn.handler];
  const child = spawn("/bin/sh", ["-c", ON_A_LIFELINE, "function", ...node], {
    cwd: fn.codeDirectory,
    env: environmentVariables({ fn, endpoints, logStream }),
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    detached: true, // a process group of its own: Ctrl-C reaches us alone, and a kill takes what it started along
  });
  const channel = child.stdio[3] as Duplex;
  const said = conversation(channel);
  const gone = goneOf(child);
  let requestId = "init";
  let doomed = false;

  for (const output of [child.stdout, child.stderr]) {
    if (output) linesOf(output).on("line", (line) => onLine(requestId, line));
  }
  gone.then(() => {
    doomed = true;
    onExit();
  });

  const initialized = initialize();

  async function initialize(): Promise<Ended | undefined> {
    const first = await firstOf<Said | "gone", "late">(
      [said.next(), gone],
      [{ afterMs: INIT_MS_MAX, is: "late" }],
    );
    if (typeof first === "object" && "ready" in first) return undefined;
    await kill();
    if (first === "late") {
      const message = `${fn.path}: the handler was not loaded within ${INIT_MS_MAX} ms`;
      return { outcome: "timeout", error: { type: "Sandbox.Timedout", message } };
    }
    if (typeof first === "object" && "initError" in first) {
      const { message, ...rest } = first.initError;
      const named = `${fn.path}: ${fn.handler} in ${fn.codeDirectory} cannot be loaded: ${message}`;
      return { outcome: "error", error: { ...rest, message: named } };
    }
    const error = child.pid ? exitError(child, `${fn.path}, while it was loaded:`) : notStarted(fn);
    return { outcome: "killed", error };
  }

  async function run(invocation: OneInvocation): Promise<Ended> {
    const failed = await initialized;
    if (failed) return failed;
    ({ requestId } = invocation);
    const deadlineMs = Date.now() + fn.timeoutMs;
    const request = { requestId, deadlineMs, invokedFunctionArn: fn.arn, event: invocation.event };
    channel.write(`${JSON.stringify(request)}\n`);
    const answer = await firstOf<Said | "gone", "late" | "kill">(
      [said.next(), gone],
      [
        { afterMs: fn.timeoutMs, is: "late" },
        ...(typeof invocation.kill === "object" ? [{ ...invocation.kill, is: "kill" as const }] : []),
      ],
    );
    if (typeof answer !== "object" || invocation.kill === "on-response") {
      await kill();
      return answer === "late"
        ? timedOut(requestId)
        : { outcome: "killed", error: exitError(child, `RequestId: ${requestId}`) };
    }
    await setImmediate(); // lines written before the response are read before the next request takes their id
    return "error" in answer
      ? { outcome: "error", error: answer.error }
      : { outcome: "ok", response: "response" in answer ? answer.response : null };
  }

  function timedOut(requestId: string): Ended {
    const message = `RequestId: ${requestId} Error: Task timed out after ${(fn.timeoutMs / 1000).toFixed(2)} seconds`;
    return { outcome: "timeout", error: { type: "Sandbox.Timedout", message } };
  }

  async function kill(): Promise<void> {
    doomed = true;
    killGroup(child);
    await gone;
  }

  return {
    processId: child.pid ?? 0,
    get alive() {
      return !doomed;
    },
    run,
    kill,
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

/** Resolves once the process is dead and all it wrote is read. */
async function goneOf(child: ChildProcess): Promise<"gone"> {
  child.once("exit", () => {
    killGroup(child); // what the function started, and the waiting half, go with it
    child.stdio[4]?.destroy();
  });
  const failedToStart = new Promise((resolve) => child.once("error", resolve));
  await Promise.race([once(child, "close"), failedToStart]);
  return "gone";
}

/** The first of what may happen and of what the clock says; leaves no timer behind. */
async function firstOf<Happening, Moment extends string>(
  happenings: readonly Promise<Happening>[],
  clock: readonly { readonly afterMs: number; readonly is: Moment }[],
): Promise<Happening | Moment> {
  const over = new AbortController();
  try {
    return await Promise.race([
      ...happenings,
      ...clock.map(({ afterMs, is }) => sleep(afterMs, is, { signal: over.signal })),
    ]);
  } finally {
    over.abort();
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (!pid) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // ESRCH: it has gone already
  }
}

function exitError({ exitCode, signalCode }: ChildProcess, who: string): InvocationError {
  const reason = signalCode ? `signal: ${signalCode}` : exitCode ? `exit status ${exitCode}` : "no reason";
  return { type: "Runtime.ExitError", message: `${who} Error: Runtime exited with error: ${reason}` };
}

function notStarted({ path, codeDirectory }: LocalFunction): InvocationError {
  return { type: "Runtime.ExitError", message: `${path}: no process could be started in ${codeDirectory}` };
}

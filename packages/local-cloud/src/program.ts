// A program that starts services and runs until a signal ends it.
//
//   G11. However it ends, everything it started is stopped within a bound, the last first.
import * as modules from "node:module";
import { enterEnvironment, requireEndpoints } from "@essentially-once/operator/shell-environment";
import { UsageError } from "@essentially-once/operator/usage-error";
import { EngineMissing } from "./engines/dynoxide.ts";
import { COMPILED_CODE } from "./model/compiled-code.ts";
import { NotPermitted } from "./model/not-permitted.ts";
import { PortInUse } from "./model/port-in-use.ts";
import { SynthesisFailed } from "./synthesize.ts";

export interface Program {
  /** Aborted when the process gets a signal: ends all work in progress. */
  readonly signal: AbortSignal;
  /** What must be undone at the end goes here as soon as it is begun. */
  readonly stops: (() => unknown)[];
}

const STOP_MS_MAX = 8_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs `main`, stops what it started, and ends the process: with its exit code, or 2 for a wrong command line. */
export async function runProgram(main: (program: Program) => Promise<number>): Promise<void> {
  const stops: (() => unknown)[] = [];
  const interruption = new AbortController();
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(exitCode); // asked twice: at once
      interruption.abort();
      console.error(`${signal}: stopping everything ...`);
      void leave(exitCode);
    });
  }
  try {
    modules.enableCompileCache?.(COMPILED_CODE); // for what is imported from now on; from Node 22.8 on
    enterEnvironment("local");
    await requireEndpoints();
    const exitCode = await main({ signal: interruption.signal, stops });
    if (!interruption.signal.aborted) await leave(exitCode);
  } catch (error) {
    if (interruption.signal.aborted) return;
    console.error(isForTheUser(error) ? error.message : error);
    await leave(error instanceof UsageError ? 2 : 1);
  }

  /** What does not stop in time dies with the process. */
  async function leave(exitCode: number): Promise<never> {
    setTimeout(() => process.exit(exitCode), STOP_MS_MAX);
    for (const stop of stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        if (!interruption.signal.aborted) console.error(error);
      }
    }
    process.exit(exitCode);
  }
}

/** Resolves never: a signal ends the process. */
export function untilSignal(): Promise<never> {
  return new Promise(() => undefined);
}

function isForTheUser(error: unknown): error is Error {
  return [UsageError, PortInUse, EngineMissing, SynthesisFailed, NotPermitted].some(
    (kind) => error instanceof kind,
  );
}

// `npm start`: runs the stacks of this project on this machine, and counts what came out.
//
//   G11. However it ends, everything it started is stopped within a bound.

import { fileURLToPath } from "node:url";
import { UsageError } from "../operations/usage-error.ts";
import { parseStartArguments, START_HELP, type StartOptions } from "./demo/arguments.ts";
import { runDemo } from "./demo/demo.ts";
import { invitation } from "./demo/invitation.ts";
import { showProgress } from "./demo/progress.ts";
import { reportOf, summaryOf } from "./demo/report.ts";
import { SynthesisFailed } from "./demo/synthesize.ts";
import { EngineMissing } from "./dynoxide.ts";
import { PortInUse } from "./port-in-use.ts";

const STOP_MS_MAX = 8_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

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
  const exitCode = await start(parseStartArguments(process.argv.slice(2)));
  if (!interruption.signal.aborted) await leave(exitCode);
} catch (error) {
  if (!interruption.signal.aborted) {
    console.error(isForTheUser(error) ? error.message : error);
    await leave(error instanceof UsageError ? 2 : 1);
  }
}

async function start(options: StartOptions): Promise<number> {
  if (options.help) {
    console.log(START_HELP);
    return 0;
  }
  const people = options.json ? process.stderr : process.stdout;
  const { cloud, place, run } = await runDemo(options, {
    projectDirectory: fileURLToPath(new URL("..", import.meta.url)),
    progress: showProgress(people),
    signal: interruption.signal,
    stops,
  });
  people.write(`${reportOf(run)}\n`);
  const summary = summaryOf(run);
  if (options.json) console.log(JSON.stringify(summary));
  if (process.stdout.isTTY && !options.exit) {
    const customerId = run.world.accounts[0]?.id ?? "customer-0001";
    const beside = place.beside ? { cloudFile: place.cloudFile } : {};
    people.write(invitation({ ...cloud, customerId, ...beside }));
    await new Promise(() => undefined); // until a signal comes
  }
  return summary.ok ? 0 : 1;
}

/** Stops what was begun, the last first, and ends the process. What does not stop in time dies with it. */
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

function isForTheUser(error: unknown): error is Error {
  return [UsageError, PortInUse, EngineMissing, SynthesisFailed].some((kind) => error instanceof kind);
}

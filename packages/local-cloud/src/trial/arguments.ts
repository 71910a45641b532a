// The command line of a trial run.

import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";
import { PORT_FLAGS, PORT_HELP, type Ports, portsOf, wholeNumber } from "../model/port-flags.ts";

export interface TrialArguments {
  readonly count: number;
  /** 0 to 1 */
  readonly chaos: number;
  readonly seed: number;
  readonly exit: boolean;
  readonly json: boolean;
  /** The whole report, not its first screen. */
  readonly verbose: boolean;
  /** Open the console's page, and stay up for it. */
  readonly open: boolean;
  readonly help: boolean;
  readonly ports: Ports;
}

/** What is sent, in the plural, which is the name of a flag; and how many unless it is given. */
export interface Sent {
  readonly sends: string;
  readonly byDefault: number;
}

const DEFAULT_CHAOS = 0.1;
const DEFAULT_SEED = 1;
const COUNT_MAX = 100_000; // the local engines keep everything in memory

export function trialHelp({ sends, byDefault }: Sent): string {
  return `Runs the stacks on this machine, sends ${sends} through them, makes trouble, and counts the results.

  npm start -- [flags]

${`  --${sends} N`.padEnd(21)} ${sends} to send, 0 to ${COUNT_MAX} (default ${byDefault}); a run of 0 proves nothing and ends with code 1
  --chaos LEVEL       how much trouble, 0 to 1 (default ${DEFAULT_CHAOS}): function processes killed mid-batch,
                      messages delivered twice, responses dropped. What can never succeed comes at any level.
  --seed N            which ${sends} and which trouble, 0 to 4294967295 (default ${DEFAULT_SEED}); the same seed
                      repeats a run, up to the timing of processes
  --verbose           the whole report
  --open              open the console's page in a browser, and stay up also without a terminal
  --exit              leave when the count is done, also in a terminal
  --json              one JSON object as the last line of stdout; all else goes to stderr
${PORT_HELP}
  --help              this text

AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB name engines that run already; those are used then.
In a terminal it stays up afterwards, until Ctrl-C. Exit codes: 0 every invariant holds, 1 one does not or
something failed, 2 a command line that cannot be carried out, 130 interrupted.
`;
}

const FLAGS = {
  chaos: { type: "string" },
  seed: { type: "string" },
  exit: { type: "boolean" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  open: { type: "boolean" },
  ...PORT_FLAGS,
  help: { type: "boolean", short: "h" },
} as const;

/** Throws `UsageError` that names the flag, the value given and the values allowed. */
export function parseTrialArguments(argv: readonly string[], { sends, byDefault }: Sent): TrialArguments {
  const options = { [sends]: { type: "string" as const }, ...FLAGS };
  const values = parsed(argv, options);
  const count: unknown = Reflect.get(values, sends);
  return {
    count: wholeNumber(sends, count as string | undefined, { from: 0, to: COUNT_MAX }) ?? byDefault,
    chaos: level("chaos", values.chaos) ?? DEFAULT_CHAOS,
    seed: wholeNumber("seed", values.seed, { from: 0, to: 2 ** 32 - 1 }) ?? DEFAULT_SEED,
    exit: values.exit ?? false,
    json: values.json ?? false,
    verbose: values.verbose ?? false,
    open: values.open ?? false,
    help: values.help ?? false,
    ports: portsOf(values),
  };
}

function parsed(argv: readonly string[], options: typeof FLAGS) {
  try {
    return parseArgs({ args: joinNegativeNumbers(argv), options }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(options));
  }
}

/** `--orders -1` reads as two flags to `parseArgs`; joined, it is a value that we can say something about. */
function joinNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const argument of argv) {
    const flag = joined.at(-1);
    const isItsValue = /^-[\d.]/.test(argument) && flag?.startsWith("--") && !flag.includes("=");
    if (isItsValue) joined[joined.length - 1] = `${flag}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}

function level(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d*\.?\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`--${flag} must be a number from 0 to 1, got ${JSON.stringify(given)}.`);
}

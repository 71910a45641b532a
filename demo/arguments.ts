// The command line of `npm start`.

import { parseArgs } from "node:util";
import {
  PORT_FLAGS,
  PORT_HELP,
  type Ports,
  portsOf,
  wholeNumber,
} from "@essentially-once/local-cloud/port-flags";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";

export interface StartOptions {
  readonly orders: number;
  /** 0 to 1 */
  readonly chaos: number;
  readonly seed: number;
  readonly exit: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly ports: Ports;
}

const DEFAULT_ORDERS = 200;
const DEFAULT_CHAOS = 0.1;
const DEFAULT_SEED = 1;
const ORDERS_MAX = 100_000; // the local engines keep everything in memory

export const START_HELP = `Runs the stacks on this machine, sends orders through them, makes trouble, and counts what came out.

  npm start -- [flags]

  --orders N          orders to place, 0 to ${ORDERS_MAX} (default ${DEFAULT_ORDERS}); a run of 0 proves nothing and ends with code 1
  --chaos LEVEL       how much trouble, 0 to 1 (default ${DEFAULT_CHAOS}): function processes killed mid-batch,
                      messages delivered twice, responses dropped. Poison orders come at any level.
  --seed N            which customers, orders and trouble, 0 to 4294967295 (default ${DEFAULT_SEED}); the same seed
                      repeats a run, up to the timing of processes
  --exit              leave when the count is done, also in a terminal
  --json              one JSON object as the last line of stdout; all else goes to stderr
${PORT_HELP}
  --help              this text

AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB name engines that run already; those are used then.
In a terminal it stays up afterwards, until Ctrl-C. Exit codes: 0 every invariant holds, 1 one does not or
something failed, 2 a command line that cannot be carried out, 130 interrupted.
`;

const FLAGS = {
  orders: { type: "string" },
  chaos: { type: "string" },
  seed: { type: "string" },
  exit: { type: "boolean" },
  json: { type: "boolean" },
  ...PORT_FLAGS,
  help: { type: "boolean", short: "h" },
} as const;

/** Throws `UsageError` that names the flag, the value given and the values allowed. */
export function parseStartArguments(argv: readonly string[]): StartOptions {
  const values = parsed(argv);
  return {
    orders: wholeNumber("orders", values.orders, { from: 0, to: ORDERS_MAX }) ?? DEFAULT_ORDERS,
    chaos: level("chaos", values.chaos) ?? DEFAULT_CHAOS,
    seed: wholeNumber("seed", values.seed, { from: 0, to: 2 ** 32 - 1 }) ?? DEFAULT_SEED,
    exit: values.exit ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
    ports: portsOf(values),
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: joinNegativeNumbers(argv), options: FLAGS }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(FLAGS));
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

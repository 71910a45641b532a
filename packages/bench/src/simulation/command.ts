// The command line of `npm run simulate` → a scenario. What is not given is as in the template's `prod` stage.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";
import { limits } from "../scaling/limits.ts";
import { modes } from "../scaling/modes.ts";
import type { Scenario, Span } from "./scenario.ts";

const options = {
  rate: { type: "string" },
  seconds: { type: "string" },
  burst: { type: "string" },
  outage: { type: "string" },
  "hot-key": { type: "string" },
  keys: { type: "string" },
  mode: { type: "string" },
  fifo: { type: "boolean" },
  provisioned: { type: "boolean" },
  concurrency: { type: "string" },
  account: { type: "string" },
  batch: { type: "string" },
  receives: { type: "string" },
  "invocation-ms": { type: "string" },
  "commit-ms": { type: "string" },
  "table-writes": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Numeric = Exclude<
  keyof typeof options,
  "burst" | "outage" | "mode" | "fifo" | "provisioned" | "json" | "help"
>;

/** Of the `prod` stage (packages/constructs/src/config/config.ts), which a test holds. */
export const stageDefaults = {
  maxConcurrency: 50,
  batchSize: 10,
  maxReceiveCount: 12,
  memoryMegabytes: 512,
} as const;

export const help = `npm run simulate -- --rate 1000 [--seconds 600] [--burst 5000@60+30] [--outage 120+60] [--hot-key 0.2] [--json]

The load
  --rate N            messages a second, 0 to 10,000,000; 100 unless given
  --seconds N         for how long; 600 unless given. Then it goes on until the queue is empty, a day at most
  --burst R@F+D       R messages a second more, from second F, for D seconds
  --outage F+D        from second F, for D seconds, every run fails: what the consumer depends on is down
  --hot-key SHARE     this share of all messages is of one key, 0 to 1
  --keys N            how many other keys; 10,000 unless given

The consumer
  --mode NAME         ${Object.keys(modes).join(", ")}; rows unless given
  --fifo              from a FIFO queue: the messages of a key one after the other
  --provisioned       the mapping has two pollers or more of its own; --concurrency is then up to 20,000
  --concurrency N     invocations at a time; ${stageDefaults.maxConcurrency} unless given
  --account N         the account's concurrency; ${limits.accountConcurrency.value} unless given
  --batch N           messages an invocation, 1 to 10,000 (FIFO: 10); ${stageDefaults.batchSize} unless given
  --receives N        a message is parked at its nth failure; ${stageDefaults.maxReceiveCount} unless given
  --invocation-ms N   an invocation with a batch; 25 unless given
  --commit-ms N       a commit of one key; 8 unless given
  --table-writes N    write units a second that the busiest table takes at the start; that of a new table unless given

  --json              seconds and summary as JSON
`;

export interface Asked {
  readonly help: boolean;
  readonly json: boolean;
  readonly scenario: Scenario;
}

/** @throws UsageError naming the flag, what was given and what is allowed */
export function readScenario(args: readonly string[]): Asked {
  const given = parsed(args);
  const number = (flag: Numeric, range: { min: number; max: number; otherwise: number; whole?: boolean }) =>
    numberIn(flag, given[flag], range);
  const mode = modes[modeNamed(given.mode ?? "rows")];
  const { fifo = false, provisioned = false } = given;
  const [rateMax, secondsMax] = [10_000_000, 43_200];
  const burst = given.burst === undefined ? undefined : burstIn(given.burst, rateMax);
  const outage = given.outage === undefined ? undefined : spanIn("outage", given.outage, "F+D");
  return {
    help: given.help ?? false,
    json: given.json ?? false,
    scenario: {
      rate: number("rate", { min: 0, max: rateMax, otherwise: 100 }),
      seconds: number("seconds", { min: 1, max: secondsMax, otherwise: 600 }),
      ...(burst && { burst }),
      ...(outage && { outage }),
      hotKey: number("hot-key", { min: 0, max: 1, otherwise: 0, whole: false }),
      keys: number("keys", { min: 1, max: 1e9, otherwise: 10_000 }),
      fifo,
      provisioned,
      maxConcurrency: number("concurrency", {
        min: 2,
        max: provisioned ? limits.provisionedConcurrency.value : 1_000,
        otherwise: stageDefaults.maxConcurrency,
      }),
      accountConcurrency: number("account", {
        min: 10,
        max: 1_000_000,
        otherwise: limits.accountConcurrency.value,
      }),
      batchSize: number("batch", { min: 1, max: fifo ? 10 : 10_000, otherwise: stageDefaults.batchSize }),
      maxReceiveCount: number("receives", { min: 1, max: 1_000, otherwise: stageDefaults.maxReceiveCount }),
      invocationMs: number("invocation-ms", { min: 1, max: 900_000, otherwise: 25 }),
      commitMs: number("commit-ms", { min: 1, max: 900_000, otherwise: 8 }),
      tableWritesPerSecond: number("table-writes", {
        min: 1,
        max: limits.tableWrites.value,
        otherwise: limits.newTableWrites.value,
      }),
      memoryMegabytes: stageDefaults.memoryMegabytes,
      ...mode,
    },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(options));
  }
}

function modeNamed(name: string): keyof typeof modes {
  if (Object.hasOwn(modes, name)) return name as keyof typeof modes;
  throw new UsageError(
    `--mode must be one of ${Object.keys(modes).join(", ")}, got ${JSON.stringify(name)}.`,
  );
}

function numberIn(
  flag: Numeric,
  text: string | undefined,
  { min, max, otherwise, whole = true }: { min: number; max: number; otherwise: number; whole?: boolean },
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  const isNumber = /^\d+(\.\d+)?$/.test(text) && (!whole || Number.isInteger(value));
  if (isNumber && value >= min && value <= max) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new UsageError(`--${flag} must be ${kind} from ${min} to ${max}, got ${JSON.stringify(text)}.`);
}

function burstIn(text: string, rateMax: number): Span & { rate: number } {
  const [, rate, span] = /^(\d{1,8})@(.+)$/.exec(text) ?? [];
  if (rate === undefined || span === undefined || Number(rate) > rateMax) {
    throw new UsageError(`--burst must be R@F+D with R up to ${rateMax}, got ${JSON.stringify(text)}.`);
  }
  return { rate: Number(rate), ...spanIn("burst", span, "R@F+D") };
}

function spanIn(flag: string, text: string, form: string): Span {
  const [, from, duration] = /^(\d{1,5})\+(\d{1,5})$/.exec(text) ?? [];
  if (from === undefined || duration === undefined) {
    throw new UsageError(
      `--${flag} must be ${form} in whole seconds up to 99,999, got ${JSON.stringify(text)}.`,
    );
  }
  return { fromSecond: Number(from), forSeconds: Number(duration) };
}

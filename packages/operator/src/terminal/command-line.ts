// Parses an operator's command line: tool, verb, operands, flags. An unknown word is refused with the list of known ones,
// and the help is made from the same lists.

import { parseArgs } from "node:util";
import { commonFlags, type Flag, type FlagName, flags, type Given } from "./flags.ts";
import { withCurrentFlags } from "./former-flags.ts";
import { UsageError, usageErrorFrom } from "./usage-error.ts";

export interface Verb {
  /** In the help: `ID`, `NAME`. A verb takes as many operands as this has words. */
  readonly operands?: string;
  readonly about: string;
  readonly flags: readonly FlagName[];
}

export interface Tool<Name extends string> {
  /** `dlq`, as in `npm run dlq`. */
  readonly name: string;
  readonly about: string;
  readonly verbs: Readonly<Record<Name, Verb>>;
  /** What flags mean here, where flags.ts speaks of dead letters. */
  readonly flagTexts?: Readonly<Partial<Record<FlagName, string>>>;
  /** What else is worth knowing. */
  readonly notes?: string;
}

export interface Asked<Name extends string> {
  readonly verb: Name | "help";
  readonly operands: readonly string[];
  readonly given: Given;
}

/** @throws UsageError naming what was wrong, what was given and what is allowed */
export function readCommand<Name extends string>(tool: Tool<Name>, argv: readonly string[]): Asked<Name> {
  const { values: given, positionals } = parsed(argv, flagsOf(tool, argv));
  const [name = "help", ...operands] = positionals;
  if (given.help || name === "help") return { verb: "help", operands: [], given };
  if (!isVerb(tool, name)) {
    throw new UsageError(
      `npm run ${tool.name} -- needs one of ${Object.keys(tool.verbs).join(", ")}, got ${JSON.stringify(name)}.`,
    );
  }
  const verb: Verb = tool.verbs[name];
  const allowed = allowedBy(verb);
  for (const flag of Object.keys(given) as FlagName[]) {
    if (allowed.includes(flag)) continue;
    throw new UsageError(`${name} takes no --${flag}; it takes ${listed(allowed)}.`);
  }
  const wanted = verb.operands?.split(" ").length ?? 0;
  if (operands.length !== wanted) {
    const what = verb.operands ?? "no operand";
    const got = operands.map((one) => JSON.stringify(one)).join(" ") || "none";
    const hint = argv.includes("--") ? " Behind -- everything is an operand: flags stand before it." : "";
    throw new UsageError(`${name} takes ${what}, got ${got}.${hint}`);
  }
  return { verb: name, operands, given };
}

/** A whole number in a range. */
export function numberGiven(
  given: Given,
  flag: "rate" | "visibility-timeout" | "partition" | "last",
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  const text = given[flag];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `--${flag} must be a whole number from ${min} to ${max}, got ${JSON.stringify(text)}.`,
  );
}

export function helpOf<Name extends string>({ name, about, verbs, flagTexts, notes }: Tool<Name>): string {
  const entries = Object.entries<Verb>(verbs);
  const calls = entries.map(([verb, { operands }]) => [verb, operands].filter(Boolean).join(" "));
  const width = Math.max(...calls.map((call) => call.length));
  const lines = entries.map(
    ([, { about: what }], index) => `  npm run ${name} -- ${calls[index]?.padEnd(width)}  ${what}`,
  );
  const known = Object.keys(flags) as FlagName[];
  const used = known.filter((flag) => entries.some(([, verb]) => verb.flags.includes(flag)));
  const left = (flag: FlagName) =>
    `--${flag}${(flags[flag] as Flag).value ? ` ${(flags[flag] as Flag).value}` : ""}`;
  const all = [...used, ...commonFlags];
  const leftWidth = Math.max(...all.map((flag) => left(flag).length));
  const flagLines = all.map((flag) => {
    const whose = entries.filter(([, verb]) => verb.flags.includes(flag)).map(([verb]) => verb);
    const of = whose.length > 0 && whose.length < entries.length ? ` [${whose.join(", ")}]` : "";
    return `  ${left(flag).padEnd(leftWidth)}  ${flagTexts?.[flag] ?? flags[flag].text}${of}`;
  });
  const parts = [about, lines.join("\n"), flagLines.join("\n"), notes, exitCodeText];
  return `${parts.filter((part) => part !== undefined).join("\n\n")}\n`;
}

const exitCodeText = `Uses the running local cloud (npm start); with --stage, AWS or the emulator of AWS_ENDPOINT_URL.
Exit codes: 0 done, 1 failed, 2 a command line that cannot be carried out, 3 nothing matched, 4 something was left.`;

function parsed(argv: readonly string[], known: readonly FlagName[]) {
  try {
    const { values, positionals } = parseArgs({
      args: shielded(withCurrentFlags(argv)),
      options: flags,
      allowPositionals: true,
    });
    return { values: values as Given, positionals };
  } catch (error) {
    throw usageErrorFrom(error, known);
  }
}

function flagsOf<Name extends string>(tool: Tool<Name>, argv: readonly string[]): readonly FlagName[] {
  const name = argv.find((text): text is Name => isVerb(tool, text));
  return name === undefined ? (Object.keys(flags) as FlagName[]) : allowedBy(tool.verbs[name]);
}

function allowedBy({ flags: own }: Verb): readonly FlagName[] {
  return [...own, ...commonFlags];
}

/**
 * Operands behind `--`, in their order: an id that the kit derives may begin with a dash, as may a key of the app's. Only what
 * looks like a flag is one: `--all` and `-h`.
 */
function shielded(argv: readonly string[]): string[] {
  const [given, behind] = argv.includes("--")
    ? [argv.slice(0, argv.indexOf("--")), argv.slice(argv.indexOf("--") + 1)]
    : [argv, []];
  const own: string[] = [];
  const operands: string[] = [];
  for (const text of given) {
    const last = own.at(-1);
    if (last !== undefined && takesValue(last) && !isFlag(text)) own[own.length - 1] = `${last}=${text}`;
    else (isFlag(text) ? own : operands).push(text);
  }
  return [...own, "--", ...operands, ...behind];
}

function isFlag(text: string): boolean {
  return text === "-h" || /^--[a-z]/.test(text);
}

/** And has none yet: behind `=`. */
function takesValue(text: string): boolean {
  const name = text.slice("--".length);
  return Object.hasOwn(flags, name) && flags[name as FlagName].type === "string";
}

function isVerb<Name extends string>({ verbs }: Tool<Name>, name: string): name is Name {
  return Object.hasOwn(verbs, name);
}

function listed(names: readonly FlagName[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

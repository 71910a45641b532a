// The command line of `npm run prove`.
import { parseArgs } from "node:util";
import { wholeNumber } from "@essentially-once/local-cloud/internal/model/port-flags";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";
import { boundedSections, type Depth, type SectionName, sectionNames } from "./section.ts";

export interface ProveOptions extends Depth {
  readonly sections: readonly SectionName[];
  readonly json: boolean;
  /** Writes the figures into docs/guarantees.md. */
  readonly write: boolean;
  readonly help: boolean;
}

/** Fewer say nothing about memory. */
const messagesFrom = 300;

export const proveHelp = `Proves the promises of docs/guarantees.md, and says what it searched.

  npm run prove -- [flags]

  --only A,B     only these sections: ${sectionNames.join(", ")}
                 (by default ${boundedSections.join(", ")})
                 "mutants" by itself tries all of them, also those that take engines
  --long         all sections, deeper: triples of faults, the larger bounds of the model, 1,000 asks under kills, three
                 seeds of the hot key
  --messages N   of the long run, ${messagesFrom} to 10000000 (default 5000, with --long 100000)
  --count N      random changes to the kit, 1 to 10000 (default 100, with --long 300)
  --worlds N     of each mode that is soaked, 1 to 1000000 (default 100, with --long 1000)
  --minutes N    1 to 10000: begins nothing more after so long, shared out among the sections (default: no limit)
  --seed N       for all random choices, 0 to 4294967295 (default 1)
  --workers N    processes at the same time, 1 to 64 (default 2)
  --json         one JSON object as the last line of stdout; all else goes to stderr
  --write        writes the figures into docs/guarantees.md
  --help         this text

Exit codes: 0 nothing breaks a promise and nothing wrong survives, 1 something does, 2 a wrong command line.
`;

const flags = {
  only: { type: "string" },
  long: { type: "boolean" },
  seed: { type: "string" },
  workers: { type: "string" },
  messages: { type: "string" },
  count: { type: "string" },
  worlds: { type: "string" },
  minutes: { type: "string" },
  json: { type: "boolean" },
  write: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError naming the flag, the value given and the values allowed */
export function parseProveArguments(argv: readonly string[]): ProveOptions {
  const values = parsed(argv);
  const long = values.long ?? false;
  const sections =
    values.only === undefined ? (long ? sectionNames : boundedSections) : sectionsOf(values.only);
  const messages = wholeNumber("messages", values.messages, { from: messagesFrom, to: 10_000_000 });
  const count = wholeNumber("count", values.count, { from: 1, to: 10_000 });
  const worlds = wholeNumber("worlds", values.worlds, { from: 1, to: 1_000_000 });
  const minutes = wholeNumber("minutes", values.minutes, { from: 1, to: 10_000 });
  if (messages !== undefined) requireSection("messages", "long-run", sections);
  if (count !== undefined) requireSection("count", "random-mutants", sections);
  if (worlds !== undefined) requireSection("worlds", "soak", sections);
  return {
    sections,
    ...(messages !== undefined && { messages }),
    ...(count !== undefined && { count }),
    ...(worlds !== undefined && { worlds }),
    ...(minutes !== undefined && { secondsMax: minutes * 60 }),
    long,
    bounded: !long && values.only === undefined,
    seed: wholeNumber("seed", values.seed, { from: 0, to: 2 ** 32 - 1 }) ?? 1,
    workers: wholeNumber("workers", values.workers, { from: 1, to: 64 }) ?? 2,
    json: values.json ?? false,
    write: values.write ?? false,
    help: values.help ?? false,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(flags));
  }
}

function requireSection(flag: string, section: SectionName, sections: readonly SectionName[]): void {
  if (sections.includes(section)) return;
  throw new UsageError(
    `--${flag} is for the section ${section}, which does not run: add --long or --only ${section}.`,
  );
}

function sectionsOf(text: string): SectionName[] {
  const given = text.split(",").map((name) => name.trim());
  for (const name of given) {
    if (!sectionNames.some((one) => one === name)) {
      throw new UsageError(
        `--only must name sections of ${sectionNames.join(", ")}, got ${JSON.stringify(name)}.`,
      );
    }
  }
  return sectionNames.filter((name) => given.includes(name));
}

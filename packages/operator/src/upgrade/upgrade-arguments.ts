// The command line of `npm run upgrade`.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "../terminal/usage-error.ts";

export interface UpgradeArguments {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly help: boolean;
  /** Copies that stay as the app has them. */
  readonly keep: readonly string[];
}

export const UPGRADE_HELP = `Brings an app up to the kit that npm update has installed: its copies of the template, and what was renamed.

  npm update
  npm run upgrade -- --dry-run
  npm run upgrade

It updates the files that you have not edited, and says what to change in the others. It never overwrites an edit.

  --keep PATH  this copy is right as it is: asks no more until a release changes it again; may be given several times
  --dry-run    says what would be written, and writes nothing
  --json       one JSON document
  --help       this text

Exit codes: 0 nothing is left to do, 1 something is left to a person (with --dry-run also what it would write), 2 it could not look.
`;

const flags = {
  keep: { type: "string", multiple: true },
  "dry-run": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError */
export function readUpgradeArguments(argv: readonly string[]): UpgradeArguments {
  const { values, positionals } = parsed(argv);
  if (positionals.length > 0) {
    throw new UsageError(`npm run upgrade takes no operand, got ${positionals.join(" ")}.`);
  }
  const { keep = [], json = false, help = false, "dry-run": dryRun = false } = values;
  return { dryRun, json, help, keep };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(flags));
  }
}

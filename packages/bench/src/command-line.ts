// The command line of a bench: its flags, `--help`, and exit code 2 for one that cannot be carried out.
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageErrorFrom } from "@essentially-once/operator/usage-error";

/** The flags as they were given. Shows the help, or says what is wrong, and ends the process. */
export function commandLine<const Flags extends ParseArgsOptionsConfig>(help: string, flags: Flags) {
  const options = { ...flags, help: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ options });
    if (!("help" in values)) return values;
    console.log(help);
    process.exit(0);
  } catch (error) {
    const { message } = usageErrorFrom(error, Object.keys(options)) as Error;
    console.error(message);
    process.exit(2);
  }
}

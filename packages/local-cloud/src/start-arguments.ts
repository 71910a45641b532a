// The command line of the local cloud alone.
import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";
import { PORT_FLAGS, PORT_HELP, type Ports, portsOf } from "./model/port-flags.ts";

export interface CloudArguments {
  readonly help: boolean;
  readonly exit: boolean;
  /** Open the console's page. */
  readonly open: boolean;
  readonly ports: Ports;
  readonly context: Readonly<Record<string, string>>;
}

export const CLOUD_HELP = `Runs the stacks of bin/app.ts on this machine, until Ctrl-C.

  --context KEY=VALUE a context value for cdk synth; may be given several times
  --open              open the console's page in a browser
  --exit              stop as soon as everything is up
${PORT_HELP}
  --help              this text

To use engines that are already running, set AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL_DYNAMODB.
Exit codes: 0 stopped by --exit, 1 failed, 2 wrong command line, 130 interrupted.
`;

const FLAGS = {
  context: { type: "string", multiple: true },
  exit: { type: "boolean" },
  open: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  ...PORT_FLAGS,
} as const;

/** @throws UsageError that names the flag, the value given and the values allowed */
export function parseCloudArguments(argv: readonly string[]): CloudArguments {
  const { context = [], exit = false, open = false, help = false, ...values } = parsed(argv);
  return { help, exit, open, ports: portsOf(values), context: Object.fromEntries(context.map(setting)) };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(FLAGS));
  }
}

function setting(given: string): [string, string] {
  const [, key = "", value = ""] = /^([^=]+)=(.*)$/s.exec(given) ?? [];
  if (key !== "") return [key, value];
  throw new UsageError(`--context must be KEY=VALUE, got ${JSON.stringify(given)}.`);
}

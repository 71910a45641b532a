// The command line of `npm run console`.

import { parseArgs } from "node:util";
import { UsageError, usageErrorFrom } from "@essentially-once/operator/usage-error";

export interface ConsoleArguments {
  readonly help: boolean;
  readonly stage?: string;
  readonly outputs?: string;
  readonly assembly?: string;
  readonly allowChanges: boolean;
  readonly open: boolean;
  readonly port: number;
}

export const CONSOLE_HELP = `Serves a page for a deployed stage: the flow, messages, dead letters. On this machine, for you alone.

  npm run console -- --stage NAME [flags]

  --stage NAME        the deployed stacks of this stage, on AWS or at AWS_ENDPOINT_URL
  --outputs FILE      the deployment of this file of cdk deploy --outputs-file
  --allow-changes     redrive, edit and discard; without it the page only reads, and dry runs are allowed
  --assembly DIR      what a synthesis wrote: a dead letter that is run here uses it, and nothing is synthesized
  --port N            port of the page on 127.0.0.1 (default: a free one)
  --open              open the page in a browser
  --help              this text

The local cloud serves its own page: npm start, or npm run local. Exit codes: 1 failed, 2 wrong command line, 130 interrupted.
`;

const FLAGS = {
  stage: { type: "string" },
  outputs: { type: "string" },
  assembly: { type: "string" },
  "allow-changes": { type: "boolean" },
  open: { type: "boolean" },
  port: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError that names the flag, the value given and the values allowed */
export function parseConsoleArguments(argv: readonly string[]): ConsoleArguments {
  const { stage, outputs, assembly, open = false, port, help = false, ...values } = parsed(argv);
  if (!help && (stage === undefined) === (outputs === undefined)) {
    throw new UsageError(
      "Give --stage NAME or --outputs FILE. The local cloud serves its own page: npm start.",
    );
  }
  return {
    ...{ help, open, port: portOf(port), allowChanges: values["allow-changes"] ?? false },
    ...(stage !== undefined && { stage }),
    ...(outputs !== undefined && { outputs }),
    ...(assembly !== undefined && { assembly }),
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS }).values;
  } catch (error) {
    throw usageErrorFrom(error, Object.keys(FLAGS));
  }
}

function portOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const port = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--port must be a whole number from 1 to 65535, got ${JSON.stringify(given)}.`);
}

#!/usr/bin/env node
// `npm run console`: the page of a deployed stage, until Ctrl-C.

import { openInBrowser } from "@essentially-once/local-cloud/internal/open-in-browser";
import { type Connection, connectTo } from "@essentially-once/operator/internal/connect/connection";
import { exitCodes, runCommand } from "@essentially-once/operator/internal/terminal/exit-code";
import { print, printText } from "@essentially-once/operator/internal/terminal/print";
import { CONSOLE_HELP, parseConsoleArguments } from "./console-arguments.ts";
import { logGroupsOf } from "./data/logs/log-groups.ts";
import { loggedSteps } from "./data/logs/logged-steps.ts";
import { stageSource } from "./data/stage-source.ts";
import { startConsoleServer } from "./server/server.ts";

/** Over a network, and each count is a request for each queue. */
const COUNTS_EVERY_MS = 5_000;

await runCommand(async () => {
  const { help, stage, outputs, allowChanges, open, port, assembly } = parseConsoleArguments(
    process.argv.slice(2),
  );
  if (help) {
    printText(CONSOLE_HELP);
    return exitCodes.done;
  }
  const connection = await connectTo({ ...(stage && { stage }), ...(outputs && { outputs }) });
  const name = stage ?? outputs ?? "";
  const source = await stageSource({
    ...{ connection, name, mayChange: allowChanges, assemblyDirectory: assembly },
    where: process.env.AWS_ENDPOINT_URL ?? (await regionOf(connection)),
    logged: await logsOf(connection),
  });
  const { address, stop } = await startConsoleServer({ source, port, countsEveryMs: COUNTS_EVERY_MS });
  print(`The console of ${name}, ${allowChanges ? "with changes allowed" : "which only reads"}: ${address}`);
  print("It runs until Ctrl-C. The address is yours alone: who has it has your rights here.");
  if (open) openInBrowser(address);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  await stop();
  process.exit(130);
});

async function regionOf({ sqs }: Connection): Promise<string> {
  return sqs.config.region();
}

async function logsOf({ outputs }: Connection) {
  const { CloudWatchLogsClient } = await import("@aws-sdk/client-cloudwatch-logs");
  const { CloudFormationClient } = await import("@aws-sdk/client-cloudformation");
  let groups: Promise<string[]> | undefined;
  return loggedSteps({
    client: new CloudWatchLogsClient(),
    groups: () => {
      groups ??= logGroupsOf(new CloudFormationClient(), Object.keys(outputs)).catch((error: unknown) => {
        groups = undefined;
        throw error;
      });
      return groups;
    },
  });
}

// The exit codes of the commands, for scripts.

import { printError } from "./print.ts";
import { UsageError } from "./usage-error.ts";

export const exitCodes = { done: 0, failed: 1, usage: 2, nothing: 3, left: 4 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Runs a command and ends the process with its code; what it throws is told in one line. */
export async function runCommand(run: () => Promise<ExitCode>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    printError(error instanceof Error ? messageOf(error) : String(error));
    process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

/** An error of the SDK has a name that can be looked up, and often an empty message when a connection failed. */
function messageOf(error: Error): string {
  if (error instanceof UsageError) return error.message;
  const { message, cause } = error;
  const because = cause instanceof Error && cause.message !== "" ? ` (${cause.message})` : "";
  const named =
    error.name === "Error" || message.startsWith(error.name) ? message : `${error.name}: ${message}`;
  return `${named}${because}`;
}

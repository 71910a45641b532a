// Started by operator.ts: a process that runs the operator's commands one after the other. The SDK is loaded once; each
// command is evaluated anew, with its own arguments and the environment that the process began with.
import type { Ran } from "./operator.ts";

export interface CommandGiven {
  readonly url: string;
  readonly args: readonly string[];
}

const environment = { ...process.env };
let said = { stdout: "", stderr: "" };
let runs = 0;

for (const name of ["stdout", "stderr"] as const) {
  process[name].write = function write(chunk: unknown): boolean {
    said[name] += String(chunk);
    return true;
  } as typeof process.stdout.write;
}

process.on("disconnect", () => process.exit());
process.on("message", async ({ url, args }: CommandGiven) => {
  process.argv = [process.execPath, url, ...args];
  process.exitCode = undefined;
  said = { stdout: "", stderr: "" };
  await import(`${url}?run=${++runs}`);
  process.send?.({ exitCode: Number(process.exitCode ?? 0), ...said } satisfies Ran);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});

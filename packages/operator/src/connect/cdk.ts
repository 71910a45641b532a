// The CDK's command line, as a process that has this one's terminal and environment.
import { spawn } from "node:child_process";

/** Its exit code. */
export function cdk(options: readonly string[]): Promise<number> {
  const child = spawn("cdk", options, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

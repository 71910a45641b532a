// `npm run local` as a user meets it, on whatever stacks the app has.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const project = fileURLToPath(new URL("../../..", import.meta.url));

test("G11: says where everything is, and leaves nothing behind", async () => {
  const { exitCode, stdout, stderr, processId } = await run("--exit");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ {2}JournalTable +EssentiallyOnce-dev-Foundation/m);
  expect(stdout).toContain("export AWS_ENDPOINT_URL_SQS=http://127.0.0.1:");
  expect(existsSync(`${project}.local-cloud/${processId}`)).toBe(false);
});

test.each([
  [["--port", "0"], '--port must be a whole number from 1 to 65535, got "0".'],
  [["--context", "stage"], '--context must be KEY=VALUE, got "stage".'],
  [["--frobnicate"], "Known flags: --context"],
])("%j ends with code 2 and says why", async (argv, message) => {
  const { exitCode, stderr } = await run(...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at "); // no stack trace
});

async function run(...argv: string[]) {
  const child = spawn(process.execPath, ["packages/local-cloud/src/start.ts", ...argv], { cwd: project });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [exitCode] = await once(child, "close");
  return { exitCode: exitCode as number, stdout, stderr, processId: child.pid };
}

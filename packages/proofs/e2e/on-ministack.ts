// `npm run test:e2e:ministack`: deploys the real stacks with the stock CDK to MiniStack, an emulator that is
// installed from PyPI into a directory of its own, and runs the end-to-end suite there; then again where a deployment failed.
//
//   What it needs and the machine lacks (Python 3.10, PyPI) is said, and the suite is skipped, with exit code 0; on GitHub that is a failure.
import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { aCarrier } from "@essentially-once/testing/a-carrier";
import { skipped } from "../gates/skipped.ts";
import { aFreePort, run } from "./emulator.ts";

const version = "1.5.33";
const home = "node_modules/.cache/ministack";

process.exitCode = await main();

async function main(): Promise<number> {
  const program = await install();
  if (typeof program === "string") return suite(program);
  return skipped(`the deployment to MiniStack ${version}`, program.message.trim().split("\n").at(-1) ?? "");
}

/** What docs/deploying.md says, on a fresh instance; and again on one where a deployment has failed before. */
async function suite(ministack: string): Promise<number> {
  return (
    (await onInstance(ministack, async (environment) => {
      return (await deploy(environment)) || run("npm", ["run", "--silent", "test:e2e"], environment);
    })) || onInstance(ministack, afterAFailure)
  );
}

async function afterAFailure(environment: NodeJS.ProcessEnv): Promise<number> {
  console.log(
    "… a deployment with the CDK alone, which has to fail, and then deploy:local on the same instance",
  );
  const output = await mkdtemp(join(tmpdir(), "essentially-once-failed-"));
  try {
    const carrier = ["-c", `carrierUrl=${environment.CARRIER_URL}`, "--output", output];
    if (await run("cdk", ["bootstrap", ...carrier], environment)) return 1;
    const unattended = ["--require-approval", "never"];
    const failed = await run("cdk", ["deploy", "Foundation", ...unattended, ...carrier], environment);
    if (failed === 0)
      throw new Error("it did not fail: MiniStack knows all types now, and this proves nothing");
    return deploy(environment);
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

function deploy(environment: NodeJS.ProcessEnv): Promise<number> {
  const setting = ["-c", `carrierUrl=${environment.CARRIER_URL}`];
  return run("npm", ["run", "--silent", "deploy:local", "--", ...setting], environment);
}

async function onInstance(
  ministack: string,
  work: (environment: NodeJS.ProcessEnv) => Promise<number>,
): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "essentially-once-ministack-"));
  await writeFile(join(scratch, "package.json"), "{}"); // its workers are CommonJS, whatever lies above
  const carrier = await aCarrier();
  const port = await aFreePort();
  const emulator = spawn(ministack, [], {
    env: { ...process.env, BIND_HOST: "127.0.0.1", GATEWAY_PORT: String(port), TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(home, "ministack.log"), { flags: "a" });
  emulator.stdout.pipe(log);
  emulator.stderr.pipe(log);
  try {
    await answers(port);
    return await work({
      ...process.env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      CARRIER_URL: carrier.url,
    });
  } finally {
    emulator.kill("SIGKILL");
    await carrier.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The program, or why there is none. */
async function install(): Promise<string | Error> {
  await mkdir(home, { recursive: true });
  const python = join(home, "bin", "python");
  try {
    const { stdout } = await promisify(execFile)("python3", [
      "-c",
      "import sys; print(sys.version_info >= (3, 10))",
    ]);
    if (stdout.trim() !== "True") throw new Error("python3 is older than 3.10");
    await promisify(execFile)("python3", ["-m", "venv", home]);
    await promisify(execFile)(python, ["-m", "pip", "install", "--quiet", `ministack==${version}`]);
    return join(home, "bin", "ministack");
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function answers(port: number): Promise<void> {
  for (let attempt = 1; attempt <= 120; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer) return;
    await sleep(250);
  }
  throw new Error(`MiniStack did not answer within 30 s; its log is ${home}/ministack.log`);
}

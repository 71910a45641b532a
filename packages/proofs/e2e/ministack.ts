// MiniStack, an emulator that is installed from PyPI into a directory of its own, and instances of it.
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { aFreePort } from "./emulator.ts";

export const ministackVersion = "1.5.33";
const home = "node_modules/.cache/ministack";

/** The program, or why there is none. */
export async function installMiniStack(): Promise<string | Error> {
  await mkdir(home, { recursive: true });
  const python = join(home, "bin", "python");
  try {
    const { stdout } = await promisify(execFile)("python3", [
      "-c",
      "import sys; print(sys.version_info >= (3, 10))",
    ]);
    if (stdout.trim() !== "True") throw new Error("python3 is older than 3.10");
    await promisify(execFile)("python3", ["-m", "venv", home]);
    await promisify(execFile)(python, ["-m", "pip", "install", "--quiet", `ministack==${ministackVersion}`]);
    return join(home, "bin", "ministack");
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * Gives `work` the environment in which the CDK and the SDK reach a fresh instance.
 *
 * @param program what `installMiniStack` returned
 */
export async function onMiniStack<Result>(
  program: string,
  work: (environment: NodeJS.ProcessEnv) => Result | Promise<Result>,
): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), "essentially-once-ministack-"));
  await writeFile(join(scratch, "package.json"), "{}"); // its workers are CommonJS, whatever lies above
  const port = await aFreePort();
  const log = openSync(join(home, "ministack.log"), "a"); // a file: `work` may block this process, and a pipe would fill
  const emulator = spawn(program, [], {
    env: { ...process.env, BIND_HOST: "127.0.0.1", GATEWAY_PORT: String(port), TMPDIR: scratch },
    stdio: ["ignore", log, log],
  });
  try {
    await answers(port);
    return await work({
      ...process.env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    });
  } finally {
    emulator.kill("SIGKILL");
    closeSync(log);
    await rm(scratch, { recursive: true, force: true });
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

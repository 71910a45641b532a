// `npm run test:e2e:ministack`: deploys the real stacks with the stock CDK to MiniStack, an emulator that is
// installed from PyPI into a directory of its own, and runs the end-to-end suite there; then again where a deployment failed.
//
//   What it needs and the machine lacks (Python 3.10, PyPI) is said, and the suite is skipped, with exit code 0; on GitHub that is a failure.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aCarrier } from "@essentially-once/testing/a-carrier";
import { skipped } from "../gates/skipped.ts";
import { run } from "./emulator.ts";
import { installMiniStack, ministackVersion, onMiniStack } from "./ministack.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  const program = await installMiniStack();
  if (typeof program === "string") return suite(program);
  return skipped(
    `the deployment to MiniStack ${ministackVersion}`,
    program.message.trim().split("\n").at(-1) ?? "",
  );
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
  const carrier = await aCarrier();
  try {
    return await onMiniStack(ministack, (environment) => work({ ...environment, CARRIER_URL: carrier.url }));
  } finally {
    await carrier.stop();
  }
}

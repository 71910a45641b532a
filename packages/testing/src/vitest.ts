// The vitest settings for the tests of an app: time for the engines to start, and no variable of the shell in the handlers.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { enterOrExit } from "@essentially-once/operator/shell-environment";
import type { ViteUserConfig } from "vitest/config";

/** Each has engines of its own, and takes up to 600 MB. */
const workersMax = 4;

/** Spread it into `test`; what follows it is yours. */
export async function kitTests(): Promise<NonNullable<ViteUserConfig["test"]>> {
  await enterOrExit("local"); // the workers inherit it
  return {
    pool: "forks",
    maxWorkers: Math.min(availableParallelism(), workersMax) + 1, // a file that waits for an engine leaves a core to another
    globalSetup: [file("scratch")],
    setupFiles: [file("quiet-logs")],
    // Bounds for a test that never ends. A test that is only slow, on a busy machine, stays far below them.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
    // The CloudFormation validator costs seconds a synth; `npm run synth` runs it once, for real.
    env: { CDK_VALIDATION: "false" },
  };
}

function file(name: string): string {
  return fileURLToPath(import.meta.resolve(`@essentially-once/testing/${name}`));
}

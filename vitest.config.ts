import { enterOrExit } from "@essentially-once/operator/shell-environment";
import { defineConfig } from "vitest/config";

await enterOrExit("local"); // the workers inherit it

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "packages/**/*.test.ts"],
    exclude: ["packages/proofs/e2e/**"], // needs a deployment: `npm run test:e2e`
    pool: "forks",
    maxWorkers: 2,
    globalSetup: ["packages/testing/src/support/scratch.ts"],
    setupFiles: ["packages/testing/src/support/quiet-logs.ts"],
    // Bounds for what never ends. Nothing that goes on is cut short because the machine has much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The CloudFormation validator costs seconds a synth; `npm run synth` runs it once, for real.
    env: { CDK_VALIDATION: "false" },
  },
});

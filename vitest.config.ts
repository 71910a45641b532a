import { defineConfig } from "vitest/config";
import { enterOrExit } from "./operations/shell-environment.ts";

await enterOrExit("local"); // the workers inherit it

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"], // needs a deployment: `npm run test:e2e`
    pool: "forks",
    maxWorkers: 2,
    globalSetup: ["test/support/scratch.ts"],
    setupFiles: ["test/support/quiet-logs.ts"],
    // Bounds for what never ends. Nothing that goes on is cut short because the machine has much else to do.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The CloudFormation validator costs seconds a synth; `npm run synth` runs it once, for real.
    env: { CDK_VALIDATION: "false" },
  },
});

import { defineConfig } from "vitest/config";

/** The tests that hold the kit's promises, and take moments: what runs a process or an app of its own is left out. */
export default defineConfig({
  test: {
    include: [
      "packages/messaging/test/**/*.test.ts",
      "test/functions/**/*.test.ts",
      "packages/proofs/crash-points.test.ts",
      "packages/proofs/cost.test.ts",
    ],
    pool: "forks",
    globalSetup: ["packages/testing/src/support/scratch.ts"],
    setupFiles: ["packages/testing/src/support/quiet-logs.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { CDK_VALIDATION: "false" },
  },
});

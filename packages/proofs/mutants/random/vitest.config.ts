import { defineConfig } from "vitest/config";
import { NearestFirst } from "./nearest-first.ts";

/** The tests that hold the kit's promises, and take moments: what runs a process or an app of its own is left out. */
export default defineConfig({
  cacheDir: process.env.TEST_TIMES ?? "node_modules/.vite", // of this run alone: how long each test file took
  test: {
    include: [
      "packages/messaging/test/**/*.test.ts",
      "packages/proofs/ship-order.test.ts",
      "packages/operator/test/inline-bars.test.ts", // the only caller of what bars a message
      "packages/operator/test/{original-form,routes}.test.ts",
      "packages/proofs/foreign-messages/*.test.ts",
      "packages/proofs/consistent-reads.test.ts",
      "packages/proofs/crash-points.test.ts",
      "packages/proofs/cost.test.ts",
    ],
    pool: "forks",
    globalSetup: ["packages/testing/src/support/scratch.ts"],
    setupFiles: ["packages/testing/src/support/quiet-logs.ts"],
    sequence: { sequencer: NearestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { CDK_VALIDATION: "false" },
  },
});

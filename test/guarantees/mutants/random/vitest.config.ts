import { defineConfig } from "vitest/config";
import { NearestFirst } from "./nearest-first.ts";

/** The tests that hold the kit's promises, and take moments: what runs a process or an app of its own is left out. */
export default defineConfig({
  cacheDir: process.env.TEST_TIMES ?? "node_modules/.vite", // of this run alone: how long each test file took
  test: {
    include: [
      "test/functions/**/*.test.ts",
      "test/operations/inline-bars.test.ts", // the only caller of what bars a message
      "test/guarantees/crash-points.test.ts",
      "test/guarantees/cost.test.ts",
    ],
    pool: "forks",
    globalSetup: ["test/support/scratch.ts"],
    setupFiles: ["test/support/quiet-logs.ts"],
    sequence: { sequencer: NearestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { CDK_VALIDATION: "false" },
  },
});

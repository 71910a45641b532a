import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/proofs/e2e/**/*.test.ts"],
    passWithNoTests: true, // a deployment that stands is something
    fileParallelism: false, // one deployment, shared
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});

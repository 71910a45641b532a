import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false, // one deployment, shared
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});

// The tests of the console's page, in a real browser: `npm run test:browser`.
import { kitTests } from "@essentially-once/testing/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    ...(await kitTests()),
    include: ["packages/console/browser/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } }, // as Playwright waits
  },
});

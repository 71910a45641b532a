import { kitTests } from "@essentially-once/testing/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    ...(await kitTests()),
    include: ["test/**/*.test.ts", "packages/**/*.test.ts"],
    exclude: [
      "packages/proofs/e2e/**", // needs a deployment: `npm run test:e2e`
      "packages/console/browser/**", // needs a browser: `npm run test:browser`
      "**/node_modules/**",
    ],
  },
});

import { kitTests } from "@essentially-once/testing/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    ...(await kitTests()),
    include: ["test/**/*.test.ts", "packages/**/*.test.ts"],
    exclude: ["packages/proofs/e2e/**", "**/node_modules/**"], // needs a deployment: `npm run test:e2e`
  },
});

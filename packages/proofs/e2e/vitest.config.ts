import { defineConfig } from "vitest/config";
import { chromiumPath } from "../../console/browser/chromium.ts";
import { skipped } from "../gates/skipped.ts";

const pages = "packages/proofs/e2e/**/*-page.test.ts";
const hasBrowser = chromiumPath() !== undefined;
if (!hasBrowser) skipped("the console's page of a deployment", "no Chromium here: apt-get install chromium");

export default defineConfig({
  test: {
    include: ["packages/proofs/e2e/**/*.test.ts"],
    exclude: hasBrowser ? [] : [pages],
    passWithNoTests: true, // a deployment that stands is something
    fileParallelism: false, // one deployment, shared
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});

import { kitTests } from "@essentially-once/testing/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { ...(await kitTests()), include: ["test/**/*.test.ts"] } });

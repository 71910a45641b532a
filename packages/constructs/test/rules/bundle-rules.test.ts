// A function that does not load fails the synthesis, as the CDK CLI runs it: with the bundles.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { App, Stack, Stage, Validations } from "aws-cdk-lib";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { NodeFunction } from "../../src/constructs/node-function.ts";
import { bundleRules } from "../../src/rules/bundle-rules.ts";
import { WiringRules } from "../../src/rules/wiring-rules.ts";

const functions = fileURLToPath(new URL("../../../../functions/", import.meta.url));
const scratch = mkdtempSync(join(functions, "..", ".rule-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What the person at the terminal reads; empty when the synthesis succeeds. */
function reportOf(source: string, { stage = false, environment = {} } = {}): string {
  writeFileSync(join(scratch, "handler.ts"), source);
  const outdir = temporaryDirectory("bundle-rules");
  const app = new App({ outdir, context: { "@aws-cdk/core:validateAgainstDefaultRules": false } });
  Validations.of(app).addPlugins(new WiringRules(bundleRules));
  const stack = new Stack(stage ? new Stage(app, "Prod") : app, "Orders");
  const entry = relative(functions, join(scratch, "handler.ts"));
  new NodeFunction(stack, "Place", { ...readConfig(app.node).sizes, entry, environment });
  try {
    app.synth();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const needsVariable = `if (!process.env.CARRIER_URL) throw new Error("CARRIER_URL is missing");
export const handler = async () => 1;\n`;

test("a function that loads passes", () => {
  expect(reportOf("export const handler = async () => 1;\n")).toBe("");
});

test("a function that does not load fails the synthesis with its path, the reason and the remedy", () => {
  const report = reportOf(
    'import { readFileSync } from "node:fs";\nreadFileSync("data.json");\nexport const handler = 1;\n',
  );
  expect(report).toContain("Orders/Place");
  expect(report).toContain("ENOENT");
  expect(report).toContain("import the file's content");
  expect(report).toContain("Wiring::function-loads");
});

test.each([false, true])("a function is loaded with its own environment, in a stage or not: %s", (stage) => {
  expect(reportOf(needsVariable, { stage })).toContain("CARRIER_URL is missing");
  expect(reportOf(needsVariable, { stage, environment: { CARRIER_URL: "https://carrier.test" } })).toBe("");
});

// As a person runs it: the CDK CLI with an app in a file.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Stacks, each in as many stages as it says, with a public function URL. */
function synth(options: readonly string[], depth: number, environment: Record<string, string> = {}) {
  const directory = temporaryDirectory("findings");
  const app = join(directory, "app.ts");
  writeFileSync(
    app,
    `import { App, CfnResource, Stack, Stage, Validations } from ${JSON.stringify(join(root, "node_modules/aws-cdk-lib/index.js"))};
import { WiringRules } from ${JSON.stringify(join(root, "packages/constructs/src/rules/wiring-rules.ts"))};
const app = new App();
Validations.of(app).addPlugins(new WiringRules());
let scope = app;
for (let depth = 0; depth < ${depth}; depth++) scope = new Stage(scope, "Stage" + depth);
const stack = new Stack(scope, "Open");
new CfnResource(stack, "Url", { type: "AWS::Lambda::Url", properties: { TargetFunctionArn: "x", AuthType: "NONE" } });
if (process.env.ACKNOWLEDGED) Validations.of(stack).acknowledge({ id: "Wiring::function-url-signed", reason: "a test" });
`,
  );
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/aws-cdk/bin/cdk"),
      ...options,
      "--app",
      `${process.execPath} ${app}`,
      "--output",
      join(directory, "out"),
    ],
    { cwd: directory, encoding: "utf8", env: { ...process.env, ...environment } },
  );
  return { status, stderr };
}

test.each([
  ["a stack of the app", ["synth", "--quiet"], 0],
  ["a stack in a stage", ["synth", "--quiet"], 1],
  ["a stack in a stage of a stage", ["synth", "--quiet"], 2],
  ["a stack in a stage, that is deployed", ["deploy", "--all"], 1],
  [
    "a stack in a stage, whatever the CLI is told to ignore",
    ["synth", "--quiet", "--ignore-errors", "--validation=false"],
    1,
  ],
])("a finding in %s fails the command and is printed", (_, options, depth) => {
  const { status, stderr } = synth(options, depth);
  expect(status).toBe(1);
  expect(stderr).toContain(
    "ERROR AuthType is NONE: a function URL without IAM is open to the internet (Wiring)",
  );
  expect(stderr).toContain("Open/Url");
  expect(stderr).toContain("Acknowledge with 'Wiring::function-url-signed'");
});

test("CDK_VALIDATION=false does not let it through", () => {
  expect(synth(["synth", "--quiet"], 1, { CDK_VALIDATION: "false" }).status).toBe(1);
});

test("one that was acknowledged in a stage is let through", () => {
  expect(synth(["synth", "--quiet"], 1, { ACKNOWLEDGED: "yes" })).toMatchObject({ status: 0 });
});

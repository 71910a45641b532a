// A CDK app that a test defines, synthesized into a directory of its own.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Duration, Stack } from "aws-cdk-lib";
import { Code, type FunctionProps, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

/** Returns the assembly's directory. */
export function synthesized(define: (app: App) => void): string {
  const app = new App({ outdir: temporaryDirectory("assembly"), context: { "aws:cdk:bundling-stacks": [] } });
  define(app);
  return app.synth().directory;
}

export function oneStack(define: (stack: Stack) => void): string {
  return synthesized((app) => define(new Stack(app, "Shop", { stackName: "Shop-test" })));
}

export function aFunction(
  scope: Construct,
  id: string,
  options: Partial<FunctionProps> = {},
): LambdaFunction {
  return new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    timeout: Duration.seconds(5),
    code: Code.fromAsset(bundle()),
    ...options,
  });
}

/** Removed with all that the tests of a run leave (scratch.ts). */
export function temporaryDirectory(purpose = "test"): string {
  return mkdtempSync(join(tmpdir(), `essentially-once-${purpose}-`));
}

function bundle(): string {
  const directory = join(temporaryDirectory("bundle"), "code");
  mkdirSync(directory);
  writeFileSync(join(directory, "index.mjs"), "export const handler = async (event) => event;\n");
  return directory;
}

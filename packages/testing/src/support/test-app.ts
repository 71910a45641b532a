// A CDK app as the CLI would run it, with the context of cdk.json, but without bundling: a synthesis takes
// milliseconds and nothing below functions/ is needed.
import { readFileSync } from "node:fs";
import { type Config, readConfig } from "@essentially-once/constructs/config";
import { SigningKeys } from "@essentially-once/constructs/signing-keys";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";

export function aTestApp(context: Record<string, unknown> = {}): App {
  return new App({ context: { ...cdkContext(), "aws:cdk:bundling-stacks": [], ...context } });
}

export function aConfig(context: Record<string, unknown> = {}): Config {
  const receiver = context.stage === "prod" && !("alarmEmail" in context) ? { alarmReceiver: "none" } : {};
  return readConfig(aTestApp({ ...receiver, ...context }).node);
}

/** The template of a stack that holds only what `build` puts there. */
export function templateOf(build: (stack: Stack) => void): Template {
  const stack = new Stack(aTestApp(), "Test", { stackName: "Test" });
  build(stack);
  return Template.fromStack(stack);
}

/** Under this name their secret is imported by the stack under test. */
export const signingSecretBeside = "Keys:ExportsOutputRefSigningKeysSecret988BD32475DE4AC7";

/** In a stack of their own, beside the one under test. */
export function signingKeysBeside(stack: Stack): SigningKeys {
  return new SigningKeys(new Stack(stack.node.root as App, "Keys"), "SigningKeys", aConfig());
}

/** The properties of the one resource of this type whose logical id begins so. */
export function propertiesOf(
  template: Template,
  type: string,
  logicalIdPrefix = "",
): Record<string, unknown> {
  return resourceOf(template, type, logicalIdPrefix).Properties;
}

export function resourceOf(template: Template, type: string, logicalIdPrefix = "") {
  const found = Object.entries(template.findResources(type)).filter(([id]) =>
    withoutHash(id).startsWith(logicalIdPrefix),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const ids = Object.keys(template.findResources(type)).join(", ");
    throw new Error(`expected one ${type} named ${logicalIdPrefix}*, got ${found.length} of: ${ids}`);
  }
  return only[1] as { Properties: Record<string, unknown>; DeletionPolicy?: string };
}

export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, "");
}

function cdkContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL("../../../../cdk.json", import.meta.url), "utf8")).context;
}

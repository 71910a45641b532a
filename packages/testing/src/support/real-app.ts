// An app, synthesized once as the CDK CLI does it, and its templates to look at, or to break: the kit's own unless
// another is named.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { App, type IPolicyValidationContext, Stack } from "aws-cdk-lib";
import { kitApp } from "./assembly.ts";
import { temporaryDirectory } from "./synthesized.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

export interface TemplateResource {
  readonly Type: string;
  Properties?: Record<string, unknown>;
}

export interface RealTemplate {
  readonly Resources: Record<string, TemplateResource>;
}

/** Without these production is refused. */
export const production = {
  alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:alarms",
  carrierUrl: "https://carrier.acme-parcels.com",
};

/** Returns the directory of the assembly, without bundles. Fails when the synthesis does. */
export function synthesizeApp(given: Record<string, string> = {}, app = kitApp): string {
  const outdir = temporaryDirectory("app");
  const { context } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8"));
  const { status, stderr } = spawnSync(process.execPath, [app], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      CDK_VALIDATION: "false", // CloudFormation's own rules have a synthesis of their own
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        "aws:cdk:bundling-stacks": [],
        ...(given.stage === "prod" && production),
        ...given,
      }),
    },
  });
  if (status !== 0) throw new Error(`the app does not synthesize:\n${stderr}`);
  return outdir;
}

/** What a validation plugin is given for an assembly, with the templates as they are on disk. */
export function validationContext(directory: string): IPolicyValidationContext {
  const { artifacts } = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as {
    artifacts: Record<string, { type: string; properties?: { templateFile?: string; stackName?: string } }>;
  };
  const appConstruct = new App();
  const stackTemplates = Object.entries(artifacts).flatMap(([stackConstructPath, { type, properties }]) =>
    type === "aws:cloudformation:stack" && properties?.templateFile
      ? [
          {
            stackConstructPath,
            templatePath: join(directory, properties.templateFile),
            accountId: undefined,
            region: undefined,
          },
        ]
      : [],
  );
  for (const [id, { type, properties }] of Object.entries(artifacts)) {
    const { stackName } = properties ?? {};
    if (type === "aws:cloudformation:stack" && stackName) new Stack(appConstruct, id, { stackName }); // others read its outputs by it
  }
  return {
    stackTemplates,
    templatePaths: stackTemplates.map(({ templatePath }) => templatePath),
    appConstruct,
  };
}

/** The same context with one template replaced. */
export function withTemplate(
  context: IPolicyValidationContext,
  templatePath: string,
  template: RealTemplate,
): IPolicyValidationContext {
  const brokenPath = join(brokenDirectory, basename(templatePath));
  writeFileSync(brokenPath, JSON.stringify(template));
  const stackTemplates = context.stackTemplates.map((each) =>
    each.templatePath === templatePath ? { ...each, templatePath: brokenPath } : each,
  );
  return { ...context, stackTemplates, templatePaths: stackTemplates.map((each) => each.templatePath) };
}

const brokenDirectory = temporaryDirectory("broken-app");

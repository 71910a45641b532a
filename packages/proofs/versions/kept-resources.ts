// What keeps data has the same logical id in both releases: CloudFormation would replace it otherwise, and with it the data.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./previous.ts";

const keepsData = /^AWS::(DynamoDB::|SQS::Queue$|S3::Bucket$|SecretsManager::Secret$)/;

/** @param project whose kit is the release before @returns what this release's assembly has no longer, a sentence each */
export async function lostResources(project: string, assemblyDirectory: string): Promise<string[]> {
  const before = join(project, "cdk.out");
  mkdirSync(before);
  await run(process.execPath, ["packages/proofs/versions/stacks.ts"], project, {
    CDK_OUTDIR: before,
    CDK_CONTEXT_JSON: JSON.stringify({ "aws:cdk:bundling-stacks": [], carrierUrl: "http://carrier" }),
    CDK_VALIDATION: "false",
  });
  const now = new Set(keptIn(assemblyDirectory));
  const earlier = keptIn(before);
  if (earlier.length === 0) return ["the release before has no table, queue or bucket: nothing was compared"];
  return earlier.filter((name) => !now.has(name)).map((name) => `an upgrade would replace ${name}`);
}

/** `Taking/Table8E55E1A8 AWS::DynamoDB::GlobalTable` */
function keptIn(assemblyDirectory: string): string[] {
  const templates = readdirSync(assemblyDirectory).filter((file) => file.endsWith(".template.json"));
  return templates.flatMap((file) => {
    const { Resources } = JSON.parse(readFileSync(join(assemblyDirectory, file), "utf8"));
    return Object.entries<{ Type: string }>(Resources)
      .filter(([, { Type }]) => keepsData.test(Type))
      .map(([id, { Type }]) => `${file.replace(".template.json", "")}/${id} ${Type}`);
  });
}

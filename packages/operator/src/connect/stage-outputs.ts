// Reads the names, queues and tables of the deployed stacks of a stage from CloudFormation, on AWS or at AWS_ENDPOINT_URL.

import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { UsageError } from "../terminal/usage-error.ts";
import { requireAccess } from "./aws-access.ts";
import type { Outputs } from "./connection.ts";

/** What the names of our stacks begin with; the stage follows, then the service. */
export const stackNamePrefix = "EssentiallyOnce-";

/** Nothing of the stage is deployed. */
export class UnknownStage extends UsageError {}

/** @throws UnknownStage naming the stages there are, when this is none of them */
export async function stageOutputs(
  stage: string,
  client: CloudFormationClient = new CloudFormationClient(),
): Promise<Outputs> {
  await requireAccess("--stage", client.config);
  const ours: Stack[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeStacksCommand(NextToken === undefined ? {} : { NextToken }));
    ours.push(...(page.Stacks ?? []).filter(({ StackName }) => StackName?.startsWith(stackNamePrefix)));
    NextToken = page.NextToken;
  } while (NextToken);
  const stacks = ours.filter(({ StackName }) => stageIn(StackName) === stage);
  if (stacks.length === 0) throw unknownStage(stage, ours);
  return Object.fromEntries(
    stacks.map(({ StackName = "", Outputs: outputs = [] }) => [
      StackName,
      Object.fromEntries(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue])),
    ]),
  );
}

function unknownStage(stage: string, stacks: readonly Stack[]): UnknownStage {
  const stages = [...new Set(stacks.map(({ StackName }) => stageIn(StackName)))].sort();
  const where = process.env.AWS_ENDPOINT_URL ?? "this account and region";
  return new UnknownStage(
    `--stage must be a deployed stage (${where} has ${stages.join(", ") || "none"}), got ${JSON.stringify(stage)}.`,
  );
}

function stageIn(stackName: string | undefined): string {
  return stackName?.slice(stackNamePrefix.length).split("-").slice(0, -1).join("-") ?? "";
}

// The log groups of a stage's functions, from CloudFormation.

import {
  type CloudFormationClient,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
export const LOG_GROUPS_MAX = 50;

/** @param stacks their names */
export async function logGroupsOf(
  client: CloudFormationClient,
  stacks: readonly string[],
): Promise<string[]> {
  const lists = await Promise.all(stacks.map((StackName) => resourcesOf(client, StackName)));
  return lists
    .flat()
    .filter(({ ResourceType }) => ResourceType === "AWS::Logs::LogGroup")
    .flatMap(({ PhysicalResourceId }) => PhysicalResourceId ?? [])
    .sort();
}

async function resourcesOf(client: CloudFormationClient, StackName: string): Promise<StackResourceSummary[]> {
  const all: StackResourceSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListStackResourcesCommand({ StackName, ...(NextToken !== undefined && { NextToken }) }),
    );
    all.push(...(page.StackResourceSummaries ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return all;
}

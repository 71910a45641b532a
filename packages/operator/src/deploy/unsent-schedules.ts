// Scheduled messages that a deployment would leave behind: an app without a contract that schedules has neither their table nor
// the dispatcher that sends them.
//
//   G12. A scheduled message is sent. So an app stops sending them only once none waits.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Outputs } from "../connect/connection.ts";
import { UsageError } from "../terminal/usage-error.ts";

const tableOutput = "SchedulesTable";

/** A deployed table in which scheduled messages wait. */
export interface Scheduled {
  readonly table: string;
  /** The stack that it belongs to. */
  readonly stackName: string;
}

/** Undefined when nothing waits. */
export async function scheduledIn(
  dynamodb: DynamoDBClient,
  outputs: Outputs,
): Promise<Scheduled | undefined> {
  for (const [stackName, { [tableOutput]: table }] of Object.entries(outputs)) {
    if (table === undefined) continue;
    const scan = new ScanCommand({ TableName: table, Limit: 1, ConsistentRead: true });
    const { Items = [] } = await dynamodb.send(scan);
    if (Items.length > 0) return { table, stackName };
  }
  return undefined;
}

/**
 * @param assembly what is to be deployed, as `cdk synth` wrote it
 * @throws UsageError when it has the stack without the table: nothing would send the messages
 */
export function refuseUnsent(assembly: string, { table, stackName }: Scheduled): void {
  const template = templateOf(assembly, stackName);
  if (template === undefined || readJson(template).Outputs?.[tableOutput] !== undefined) return; // of another app; or kept
  throw new UsageError(
    `Messages wait in ${table} for their time, and nothing in this app would send them: no contract has \`schedules\` any more. ` +
      'Keep the table and the dispatcher by `new FoundationStack(app, "Foundation", { config, schedules: true })` until ' +
      "`npm run schedules -- list` shows no message (docs/operations.md#scheduled-messages).",
  );
}

function templateOf(assembly: string, stackName: string): string | undefined {
  return globSync(join(assembly, "**/manifest.json"))
    .flatMap((file) =>
      Object.entries<ManifestArtifact>(readJson(file).artifacts ?? {}).map(([id, { properties }]) => ({
        name: properties?.stackName ?? id,
        file: properties?.templateFile && join(dirname(file), properties.templateFile),
      })),
    )
    .find(({ name, file }) => name === stackName && file !== undefined)?.file;
}

/** https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.AwsCloudFormationStackProperties.html */
interface ManifestArtifact {
  readonly properties?: { readonly stackName?: string; readonly templateFile?: string };
}

function readJson(file: string) {
  return Object(JSON.parse(readFileSync(file, "utf8")));
}

// The target of an operator's command: the running local cloud, or a deployment.
//
//   Local: `.local-cloud/cloud.json`, which `npm start` writes while it is up.
//   A deployment: the CloudFormation outputs of a stage, or the file of `cdk deploy --outputs-file`. The SDK finds region,
//   credentials and endpoints, so AWS and its emulators are one case.

import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import type { Given } from "../terminal/flags.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { enterEnvironment, requireEndpoints } from "./shell-environment.ts";
import { stageOutputs } from "./stage-outputs.ts";

export const CLOUD_FILE = ".local-cloud/cloud.json";

export interface Connection {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly outputs: Outputs;
  /** Where the other clients of the local cloud go; empty where the SDK finds everything by itself. */
  readonly local: LocalClientOptions;
}

export interface LocalClientOptions {
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoints: {
    readonly sqs?: string;
    readonly dynamodb?: string;
    readonly s3?: string;
    readonly secretsManager?: string;
    readonly ssm?: string;
    readonly lambda?: string;
  };
}

/** Stack name → output key → value. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type CloudFile = z.infer<typeof CloudFile>;

const Outputs = z.record(z.string(), z.record(z.string(), z.string()));
const CloudFile = z.object({
  processId: z.int().positive(),
  /** Both absent while the local cloud is starting. */
  endpoints: z
    .object({
      sqs: z.url(),
      dynamodb: z.url(),
      s3: z.url().optional(),
      secretsManager: z.url().optional(),
      ssm: z.url().optional(),
      lambda: z.url().optional(),
    })
    .optional(),
  outputs: Outputs.optional(),
});

/** By the flags of a command line. Only one of the three may be given. */
export async function connectTo({ stage, outputs, cloud }: Given): Promise<Connection> {
  const given = [stage, outputs, cloud].filter((one) => one !== undefined);
  if (given.length > 1) throw new UsageError("Give only one of --stage, --outputs and --cloud.");
  const isLocal = stage === undefined && outputs === undefined;
  enterEnvironment(isLocal ? "local" : "aws");
  if (!isLocal) await requireEndpoints();
  if (stage !== undefined) return deployed(await stageOutputs(stage));
  return connect({ outputsFile: outputs, cloudFile: cloud });
}

export function connect(from: {
  outputsFile?: string | undefined;
  cloudFile?: string | undefined;
}): Connection {
  if (from.outputsFile !== undefined) {
    const outputs = parsed(from.outputsFile, Outputs, "the outputs file of `cdk deploy --outputs-file`");
    if (!outputs) throw new UsageError(`--outputs must name a file, but ${from.outputsFile} does not exist.`);
    return deployed(outputs);
  }
  const { endpoints, outputs } = runningCloud(from.cloudFile ?? CLOUD_FILE);
  const local = {
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" }, // the local engines take any pair
  };
  const sqs = new SQSClient({ ...local, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient({ ...local, endpoint: endpoints.dynamodb });
  return { sqs, dynamodb, outputs, local: { ...local, endpoints: known(endpoints) } };
}

function deployed(outputs: Outputs): Connection {
  // An emulator's queue URL may name a host that does not resolve; the endpoint of the region always does.
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  return { sqs, dynamodb: new DynamoDBClient(), outputs, local: { endpoints: {} } };
}

/** Undefined when there is no such file. Throws when there is one that is not a cloud file. */
export function readCloudFile(file: string): CloudFile | undefined {
  return parsed(file, CloudFile, "a local cloud's file");
}

export function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // alive, and another user's
  }
}

function runningCloud(file: string) {
  const cloud = readCloudFile(file);
  const remedy = "start one with `npm start`, or choose a deployment with --stage NAME or --outputs FILE";
  if (!cloud) throw new UsageError(`No local cloud is running here (${file} does not exist): ${remedy}.`);
  const { processId, endpoints, outputs } = cloud;
  if (!isRunning(processId)) {
    throw new UsageError(
      `The local cloud of ${file} (process ${processId}) is no longer running: ${remedy}.`,
    );
  }
  if (!endpoints || !outputs) {
    throw new UsageError(
      `The local cloud (process ${processId}) is still starting: try again in a few seconds.`,
    );
  }
  return { endpoints, outputs };
}

function known(endpoints: NonNullable<CloudFile["endpoints"]>): LocalClientOptions["endpoints"] {
  return Object.fromEntries(Object.entries(endpoints).filter(([, url]) => url !== undefined));
}

/** Undefined when there is no such file. */
function parsed<T>(file: string, schema: z.ZodType<T>, what: string): T | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? firstIssue(cause) : String(cause);
    throw new UsageError(`${file} is not ${what}: ${reason}`, { cause });
  }
}

/** The others are of the same kind: a file is the wrong one, or it is right. */
function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.message} at ${issue?.path.join(".") || "its top level"}`;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

// The model of a cloud assembly: plain values, with every intrinsic function resolved.
//
// `provision` makes it from the templates; the runtime and the event sources only read it.

import type { RequiredPermission } from "../permissions/required-permissions.ts";
import type { Statement } from "../permissions/statement.ts";

export interface LocalFunction {
  /** Construct path, for people: `Credit/ReserveCredit/Function`. */
  readonly path: string;
  readonly functionName: string;
  readonly arn: string;
  /** Absolute directory of the bundled asset. */
  readonly codeDirectory: string;
  /** `file.export`, as in Lambda. */
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  /** How many of it run at once; absent: as many as are asked for. */
  readonly reservedConcurrency?: number;
}

/** The permissions of a function or a schedule. */
export interface LocalRole {
  readonly path: string;
  readonly name: string;
  readonly arn: string;
  /** Services that may act by it: `lambda.amazonaws.com`. */
  readonly assumedBy: readonly string[];
  readonly statements: readonly Statement[];
}

export interface SqsMapping {
  readonly path: string;
  readonly functionArn: string;
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  /** 2 to 1,000; absent means no limit of its own. */
  readonly maximumConcurrency?: number;
  readonly reportBatchItemFailures: boolean;
}

export interface StreamMapping {
  readonly path: string;
  readonly functionArn: string;
  readonly streamArn: string;
  /** The attribute of the table whose value says which shard a record is in. */
  readonly partitionKey: string;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly startingPosition: "TRIM_HORIZON" | "LATEST";
  /** EventBridge-style patterns, parsed; a record passes when any of them matches. Empty: all pass. */
  readonly filterPatterns: readonly unknown[];
  readonly bisectBatchOnFunctionError: boolean;
  /** -1 means until the record expires. */
  readonly maximumRetryAttempts: number;
  /** -1 means until the record expires (24 h). */
  readonly maximumRecordAgeSeconds: number;
  readonly parallelizationFactor: number;
  readonly reportBatchItemFailures: boolean;
  readonly onFailureQueueUrl?: string;
}

export interface Schedule {
  readonly path: string;
  readonly functionArn: string;
  readonly everyMs: number;
  /** The JSON the function receives; absent means a standard scheduled event. */
  readonly input?: string;
}

/** An event pattern of a bus, and the queues that get what matches it. */
export interface EventRule {
  readonly path: string;
  /** `default`, or the name of a bus. */
  readonly busName: string;
  readonly pattern: unknown;
  readonly queueUrls: readonly string[];
}

/** A queue that a bucket tells of its objects. */
export interface BucketNotification {
  readonly path: string;
  readonly bucket: string;
  /** `s3:ObjectCreated:*`. */
  readonly event: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly queueUrl: string;
}

/** What services of AWS do that bring messages to queues. */
export type SendToQueue = (queueUrl: string, body: string) => Promise<void>;

export interface Rotation {
  readonly path: string;
  readonly secretArn: string;
  readonly functionArn: string;
  /** Rotates once at deployment too, and not only on request. */
  readonly atOnce: boolean;
}

export interface FunctionUrl {
  readonly path: string;
  readonly functionArn: string;
  /** With a trailing slash, as in AWS. */
  readonly url: string;
}

export interface HttpApi {
  readonly path: string;
  readonly apiId: string;
  /** With a trailing slash. */
  readonly url: string;
  readonly routes: readonly HttpApiRoute[];
}

export interface HttpApiRoute {
  /** `POST /orders/{id}`, or `$default`. */
  readonly routeKey: string;
  readonly functionArn: string;
}

export interface Deployment {
  readonly functions: readonly LocalFunction[];
  readonly sqsMappings: readonly SqsMapping[];
  readonly streamMappings: readonly StreamMapping[];
  readonly schedules: readonly Schedule[];
  readonly eventRules: readonly EventRule[];
  readonly bucketNotifications: readonly BucketNotification[];
  readonly rotations: readonly Rotation[];
  readonly functionUrls: readonly FunctionUrl[];
  readonly httpApis: readonly HttpApi[];
  readonly roles: readonly LocalRole[];
  /** What AWS does by these roles, besides what functions ask for themselves. */
  readonly requiredPermissions: readonly RequiredPermission[];
  readonly secretArnsByName: ReadonlyMap<string, string>;
  /** ARN → construct path, of all that has both. */
  readonly pathsByArn: ReadonlyMap<string, string>;
  /** Stack name → output key → value: what `cdk deploy --outputs-file` would write. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Resource types that cannot matter locally, each named once. */
  readonly ignored: readonly string[];
}

/** Where the engines listen; what the `AWS_ENDPOINT_URL_*` variables are set to. */
export interface Endpoints {
  readonly sqs: string;
  readonly s3: string;
  readonly secretsManager: string;
  readonly dynamodb: string;
  readonly sns: string;
  readonly ssm: string;
  /** Of the local cloud alone, for programs that put events: it knows PutEvents and nothing else. */
  readonly eventBridge?: string;
  /** Of the local cloud alone: it lists, enables and disables event source mappings, and nothing else. */
  readonly lambda?: string;
}

/** What functions find in their environment. */
export interface FunctionEndpoints extends Endpoints {
  /** For every service that has no engine: it refuses by name. Absent: the SDK would go to AWS. */
  readonly others?: string;
}

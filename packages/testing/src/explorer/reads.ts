// Which calls change nothing. A list of those that read: whatever is not on it is taken for a write.
import type { Call } from "./call.ts";

/** https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods */
const safeMethods: readonly string[] = ["GET", "HEAD", "OPTIONS", "TRACE"];

const readingCommands: ReadonlySet<string> = new Set([
  // DynamoDB and its streams. PartiQL is not here: a statement may write.
  ...["GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "DescribeTable", "ListTables"],
  ...["DescribeTimeToLive", "DescribeStream", "ListStreams", "GetShardIterator", "GetRecords"],
  // SQS: whoever receives and does not delete leaves the message where it was.
  ...["ReceiveMessage", "GetQueueUrl", "GetQueueAttributes", "ListQueues", "ListQueueTags"],
  ...["ListDeadLetterSourceQueues", "ListMessageMoveTasks"],
  // S3
  ...["GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "HeadBucket", "ListBuckets"],
  ...["ListObjects", "ListObjectsV2", "ListObjectVersions", "SelectObjectContent"],
  // Secrets, parameters, configuration, keys, identity
  ...["GetSecretValue", "BatchGetSecretValue", "DescribeSecret", "GetParameter", "GetParameters"],
  ...["GetParametersByPath", "StartConfigurationSession", "GetLatestConfiguration"],
  ...["Encrypt", "Decrypt", "GenerateDataKey", "GenerateMac", "VerifyMac", "Sign", "Verify"],
  ...["GetPublicKey", "DescribeKey", "AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"],
  // Logs, metrics and traces tell of work: no one acts on how often they are told.
  ...["PutLogEvents", "CreateLogStream", "PutMetricData", "PutTraceSegments", "PutTelemetryRecords"],
]);

/** True for `GetItem` and `GET /orders/1`. */
export function isRead({ command }: Pick<Call, "command">): boolean {
  const [method = "", path] = command.split(" ");
  return path === undefined ? readingCommands.has(command) : safeMethods.includes(method);
}

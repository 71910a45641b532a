// What the contenders run against: the DynamoDB engine, fresh for each measurement (its tables slow down as they
// grow), and an SQS engine in a process of its own, so that its work is not counted as the client's.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { CreateTableCommand, DynamoDBClient, type GlobalSecondaryIndex } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Dynoxide, startDynoxide } from "@essentially-once/local-cloud/internal/engines/dynoxide";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";

export const tables = {
  accounts: "accounts",
  evidence: "evidence",
  outbox: "outbox",
  journal: "journal",
  schedules: "schedules",
} as const;
export const queueName = "deposits";

export interface BenchEngines {
  /** Replaces the DynamoDB engine, at the same endpoint, by an empty one with the tables of the bank. */
  fresh(): Promise<void>;
  readonly dynamodbEndpoint: string;
  readonly sqsEndpoint: string;
  stop(): Promise<void>;
}

/** Starts the engines and puts into this process what a function's environment would hold. */
export async function startBenchEngines(): Promise<BenchEngines> {
  const sqs = await startSqs();
  process.env.AWS_ENDPOINT_URL_SQS = sqs.endpoint;
  let dynamodb: Dynoxide = await startDynoxide({});
  const { endpoint: dynamodbEndpoint } = dynamodb;
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint,
    EVIDENCE_TABLE: tables.evidence,
    ORDERED_OUTBOX_TABLE: tables.outbox,
    JOURNAL_TABLE: tables.journal,
    SCHEDULES_TABLE: tables.schedules,
    SIGNING_SECRET_ARN: "unused: the bench signs with a key of its own",
    CLAIM_CHECK_BUCKET: "unused",
    ROUTES: JSON.stringify({ "bench.money-deposited.v1": [] }), // no consumer; a type without a route would wait for one
    MAX_RECEIVE_COUNT: "5",
    ...(await createQueues(sqs.endpoint)),
  });
  return {
    dynamodbEndpoint,
    sqsEndpoint: sqs.endpoint,
    async fresh() {
      await dynamodb.stop();
      dynamodb = await startDynoxide({ endpoint: dynamodbEndpoint });
      await createTables();
    },
    async stop() {
      await dynamodb.stop();
      sqs.child.disconnect();
      await once(sqs.child, "exit");
    },
  };
}

async function startSqs(): Promise<{ endpoint: string; child: ChildProcess }> {
  const child = fork(new URL("sqs-engine.ts", import.meta.url), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [endpoint] = (await once(child, "message")) as [string];
  return { endpoint, child };
}

/** On-demand tables with the key `id`, and the journal's, without streams: what a stream costs is the relay's part. */
async function createTables(): Promise<void> {
  const client = new DynamoDBClient({});
  for (const TableName of Object.values(tables)) {
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [
          { AttributeName: "id", AttributeType: "S" },
          ...(TableName === tables.journal
            ? [{ AttributeName: "sequence", AttributeType: "N" as const }]
            : []),
          ...(TableName === tables.outbox ? [{ AttributeName: "place", AttributeType: "S" as const }] : []),
          ...(TableName === tables.schedules ? dueKeys : []),
        ],
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          ...(TableName === tables.journal ? [{ AttributeName: "sequence", KeyType: "RANGE" as const }] : []),
          ...(TableName === tables.outbox ? [{ AttributeName: "place", KeyType: "RANGE" as const }] : []),
        ],
        BillingMode: "PAY_PER_REQUEST",
        ...(TableName === tables.schedules && { GlobalSecondaryIndexes: [byDue] }),
      }),
    );
  }
  client.destroy();
}

const dueKeys = ["slot", "due"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const }));
const byDue: GlobalSecondaryIndex = {
  IndexName: "due",
  KeySchema: [
    { AttributeName: "slot", KeyType: "HASH" },
    { AttributeName: "due", KeyType: "RANGE" },
  ],
  Projection: { ProjectionType: "KEYS_ONLY" },
};

async function createQueues(endpoint: string): Promise<Record<string, string>> {
  const client = new SQSClient({
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    endpoint,
  });
  const create = async (QueueName: string) =>
    (await client.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? "";
  const urls = {
    QUEUE_URL: await create(queueName),
    DEAD_LETTER_QUEUE_URL: await create(`${queueName}-dead-letters`),
    WAKE_UP_QUEUE_URL: await create(`${queueName}-wake-ups`),
  };
  client.destroy();
  return urls;
}

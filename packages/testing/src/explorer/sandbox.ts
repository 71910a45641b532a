// Where runs take place: real engines with the tables and queues of a scenario, and the environment that its
// functions find. Runs share tables and tell their items apart by ids; when the engines have had many runs they are
// started anew, because a table with a stream slows down as it grows.

import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  destroyClients,
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { orderingKeyOf } from "@essentially-once/messaging/internal/commit/outbox";
import { groupIdOf } from "@essentially-once/messaging/internal/envelope/message-group";
import { leaveEnvironments } from "./entered-environment.ts";
import { takeFastPath } from "./fast-path.ts";
import { serveFrom } from "./instrument.ts";
import { type PlainClients, plainClients } from "./plain-clients.ts";
import { type Published, publications } from "./published.ts";
import {
  createQueue,
  createTable,
  type DeadLetter,
  type QueuePlan,
  type SandboxQueue,
  type TablePlan,
  takeAll,
} from "./sandbox-resources.ts";
import { openSigning } from "./signing.ts";

export interface SandboxPlan {
  /** By the environment variable that names the table. EVIDENCE_TABLE and both outboxes are always there. */
  readonly tables?: Readonly<Record<string, TablePlan>>;
  /** By name. Each has a dead-letter queue. */
  readonly queues?: Readonly<Record<string, QueuePlan>>;
  /** Its functions ask for signatures and a bucket for large data, as those of the sample do. */
  readonly guarded?: boolean;
  /** More variables; a function gets the sandbox, for values that are known only once it is open. */
  readonly environment?: (sandbox: Sandbox) => Readonly<Record<string, string>>;
  /** Opens the other resources that the functions need, once per sandbox, and returns the variables that name them. */
  readonly open?: (sandbox: Sandbox) => Promise<Surroundings>;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly close?: () => Promise<void>;
}

export interface OutgoingMessage {
  readonly body: string;
  /** The group, on a FIFO queue. */
  readonly key?: string;
  /** By default the signature, in a guarded sandbox. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Sandbox {
  readonly clients: LocalClients;
  /** For what is asked in every run. */
  readonly plain: PlainClients;
  /** The name of a table, by its environment variable. */
  table(variable: string): string;
  streamArn(variable: string): string;
  queue(name: string): SandboxQueue;
  /** Of all its queues. */
  readonly deadLetterUrls: ReadonlySet<string>;
  /** What a function of a queue finds in its environment. */
  environmentFor(queue?: string): Record<string, string>;
  put(variable: string, item: Record<string, unknown>): Promise<void>;
  get(variable: string, id: string): Promise<Record<string, unknown> | undefined>;
  items(variable: string): Promise<Record<string, unknown>[]>;
  /** The rows of the outbox with messages of a producer and key, in the order of their places. */
  rows(about: { readonly producer: string; readonly key: string }): Promise<Row[]>;
  /** The messages that were committed because of the message with this id, whichever way they leave. */
  published(id: string): Promise<Published[]>;
  /** Sends up to ten messages, in order. */
  send(queue: string, ...outgoing: readonly OutgoingMessage[]): Promise<void>;
  /** Takes everything out of its dead-letter queue, in the order in which it comes. */
  deadLetters(queue: string): Promise<DeadLetter[]>;
  stop(): Promise<void>;
}

export interface Row {
  readonly place: string;
  readonly messages: readonly string[];
}

export async function openSandbox(plan: SandboxPlan): Promise<Sandbox> {
  leaveEnvironments();
  for (const service of ["SQS", "S3", "SECRETS_MANAGER", "DYNAMODB"])
    delete process.env[`AWS_ENDPOINT_URL_${service}`]; // of an earlier sandbox
  const engines = await startEngines();
  serveFrom(engines.endpoints);
  const clients = localClients(engines.endpoints);
  takeFastPath(clients.dynamodb);
  takeFastPath(clients.streams);
  const plain = plainClients(engines.endpoints);
  const { dynamodb, sqs } = plain;
  const plans: Record<string, TablePlan> = {
    EVIDENCE_TABLE: {},
    OUTBOX_TABLE: { stream: true },
    ORDERED_OUTBOX_TABLE: { sortKey: "place", stream: true },
    ...plan.tables,
  };
  const streams = new Map<string, string>();
  for (const [variable, table] of Object.entries(plans))
    streams.set(variable, await createTable(clients, tableName(variable), table));
  const queues = new Map<string, SandboxQueue>();
  for (const [name, queue] of Object.entries(plan.queues ?? { main: {} }))
    queues.set(name, await createQueue(clients, name, queue));

  const signing = plan.guarded ? await openSigning(clients) : undefined;
  if (plan.guarded) await clients.s3.send(new CreateBucketCommand({ Bucket: claimBucket }));

  const sandbox: Sandbox = {
    clients,
    plain,
    table: tableName,
    streamArn: (variable) => known(streams, variable, "table with a stream"),
    queue: (name) => known(queues, name, "queue"),
    deadLetterUrls: new Set([...queues.values()].map(({ deadLetterUrl }) => deadLetterUrl)),
    environmentFor(name) {
      const queue = name === undefined ? undefined : sandbox.queue(name);
      return {
        AWS_REGION: LOCAL_REGION,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
        AWS_ENDPOINT_URL_S3: engines.endpoints.s3,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: engines.endpoints.secretsManager,
        CLAIM_CHECK_BUCKET: claimBucket,
        ...(signing && { SIGNING_SECRET_ARN: signing.secretArn }),
        AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
        ...Object.fromEntries(Object.keys(plans).map((variable) => [variable, tableName(variable)])),
        ...(queue && {
          QUEUE_URL: queue.url,
          DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
          MAX_RECEIVE_COUNT: String(queue.attemptsMax),
        }),
        ...plan.environment?.(sandbox),
        ...surroundings?.environment,
      };
    },
    async put(variable, item) {
      await dynamodb.send(new PutItemCommand({ TableName: tableName(variable), Item: marshall(item) }));
    },
    async get(variable, id) {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: tableName(variable), Key: marshall({ id }), ConsistentRead: true }),
      );
      return Item && unmarshall(Item);
    },
    async items(variable) {
      const { Items = [] } = await dynamodb.send(
        new ScanCommand({ TableName: tableName(variable), ConsistentRead: true }),
      );
      return Items.map((item) => unmarshall(item));
    },
    async rows({ producer, key }) {
      const line = orderingKeyOf({ source: producer, partitionkey: key });
      const { Items = [] } = await dynamodb.send(
        new QueryCommand({
          TableName: tableName("ORDERED_OUTBOX_TABLE"),
          KeyConditionExpression: "id = :line",
          ExpressionAttributeValues: marshall({ ":line": line }),
          ConsistentRead: true,
        }),
      );
      return Items.map((item) => unmarshall(item) as Row);
    },
    async send(name, ...outgoing) {
      const { url, arn, fifo } = sandbox.queue(name);
      const queueName = arn.split(":").at(-1) ?? "";
      const signed = (body: string) => signing?.attributesFor(body, queueName) ?? {};
      const Entries = outgoing.map(({ body, key = "", attributes = signed(body) }, index) => ({
        Id: String(index),
        MessageBody: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([attribute, text]) => [
            attribute,
            { DataType: "String", StringValue: text },
          ]),
        ),
        ...(fifo && { MessageGroupId: groupIdOf(key), MessageDeduplicationId: crypto.randomUUID() }),
      }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    },
    published: (id) => published(id),
    deadLetters: (name) => takeAll(plain, sandbox.queue(name).deadLetterUrl),
    async stop() {
      await surroundings?.close?.();
      destroyClients(clients);
      await engines.stop();
    },
  };
  const published = publications(
    sandbox,
    Object.keys(plans).filter((variable) => plans[variable]?.stream),
  );
  const surroundings = await plan.open?.(sandbox);
  return sandbox;
}

export const claimBucket = "claims";

function tableName(variable: string): string {
  return variable.toLowerCase().replaceAll("_", "-");
}

function known<Value>(values: ReadonlyMap<string, Value>, name: string, what: string): Value {
  const value = values.get(name);
  if (value === undefined || value === "") {
    throw new Error(`no ${what} ${name} in this sandbox; there are ${[...values.keys()].join(", ")}`);
  }
  return value;
}

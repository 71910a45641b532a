// Where runs take place: real engines with the tables and queues of a scenario, and the environment that its
// functions find. Runs share tables and tell their items apart by ids; when the engines have had many runs they are
// started anew, because a table with a stream slows down as it grows.
import { CreateTableCommand, GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { groupIdOf } from "../../../functions/messaging/message-group.ts";
import {
  destroyClients,
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "../../../local/clients.ts";
import { startEngines } from "../../../local/engines.ts";

export interface StagePlan {
  /** By the environment variable that names the table. EVIDENCE_TABLE and OUTBOX_TABLE are always there. */
  readonly tables?: Readonly<Record<string, TablePlan>>;
  /** By name. Each has a dead-letter queue. */
  readonly queues?: Readonly<Record<string, QueuePlan>>;
  /** More variables; a function gets the stage, for what is known only then. */
  readonly environment?: (stage: Stage) => Readonly<Record<string, string>>;
}

export interface TablePlan {
  /** The partition key is `id`. */
  readonly sortKey?: "sequence";
  readonly stream?: boolean;
}

export interface QueuePlan {
  readonly fifo?: boolean;
  readonly maxReceiveCount?: number;
}

export interface StageQueue {
  readonly url: string;
  readonly arn: string;
  readonly deadLetterUrl: string;
  readonly maxReceiveCount: number;
  readonly fifo: boolean;
}

export interface OutgoingLetter {
  readonly body: string;
  /** The group, on a FIFO queue. */
  readonly key?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface DeadLetter {
  readonly body: string;
  /** Undefined when the queue's own redrive policy moved it. */
  readonly reason: string | undefined;
}

export interface Stage {
  readonly clients: LocalClients;
  /** The name of a table, by its environment variable. */
  table(variable: string): string;
  streamArn(variable: string): string;
  queue(name: string): StageQueue;
  /** What a function of a queue finds in its environment. */
  environmentFor(queue?: string): Record<string, string>;
  put(variable: string, item: Record<string, unknown>): Promise<void>;
  get(variable: string, id: string): Promise<Record<string, unknown> | undefined>;
  items(variable: string): Promise<Record<string, unknown>[]>;
  /** Sends up to ten messages, in order. */
  send(queue: string, ...letters: readonly OutgoingLetter[]): Promise<void>;
  deadLetters(queue: string): Promise<DeadLetter[]>;
  /** Empties the dead-letter queues that were read and held something. */
  purge(): Promise<void>;
  stop(): Promise<void>;
}

/** What a message's visibility is set to while the explorer, and not the engine, decides when it comes back. */
export const heldSeconds = 43_200;

export async function openStage(plan: StagePlan): Promise<Stage> {
  for (const service of ["SQS", "DYNAMODB"]) delete process.env[`AWS_ENDPOINT_URL_${service}`]; // of an earlier stage
  const engines = await startEngines();
  const clients = localClients(engines.endpoints);
  const { dynamodb, sqs } = clients;
  const plans: Record<string, TablePlan> = {
    EVIDENCE_TABLE: {},
    OUTBOX_TABLE: { stream: true },
    ...plan.tables,
  };
  const streams = new Map<string, string>();
  for (const [variable, table] of Object.entries(plans))
    streams.set(variable, await createTable(variable, table));
  const queues = new Map<string, StageQueue>();
  for (const [name, queue] of Object.entries(plan.queues ?? { main: {} }))
    queues.set(name, await createQueue(name, queue));

  const dirty = new Set<string>();

  const stage: Stage = {
    clients,
    table: tableName,
    streamArn: (variable) => known(streams, variable, "table with a stream"),
    queue: (name) => known(queues, name, "queue"),
    environmentFor(name) {
      const queue = name === undefined ? undefined : stage.queue(name);
      return {
        AWS_REGION: LOCAL_REGION,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
        AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
        ...Object.fromEntries(Object.keys(plans).map((variable) => [variable, tableName(variable)])),
        ...(queue && {
          QUEUE_URL: queue.url,
          DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
          MAX_RECEIVE_COUNT: String(queue.maxReceiveCount),
        }),
        ...plan.environment?.(stage),
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
    async send(name, ...letters) {
      const { url, fifo } = stage.queue(name);
      const Entries = letters.map(({ body, key = "", attributes = {} }, index) => ({
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
    async deadLetters(name) {
      const letters: DeadLetter[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: stage.queue(name).deadLetterUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ["All"],
            VisibilityTimeout: heldSeconds,
          }),
        );
        if (Messages.length === 0) return letters;
        dirty.add(stage.queue(name).deadLetterUrl);
        for (const { Body = "", MessageAttributes } of Messages) {
          letters.push({ body: Body, reason: MessageAttributes?.ReasonCode?.StringValue });
        }
      }
    },
    async purge() {
      await Promise.all([...dirty].map((QueueUrl) => sqs.send(new PurgeQueueCommand({ QueueUrl }))));
      dirty.clear();
    },
    async stop() {
      destroyClients(clients);
      await engines.stop();
    },
  };
  return stage;

  async function createTable(variable: string, { sortKey, stream }: TablePlan): Promise<string> {
    const { TableDescription } = await dynamodb.send(
      new CreateTableCommand({
        TableName: tableName(variable),
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "id", AttributeType: "S" },
          ...(sortKey ? [{ AttributeName: sortKey, AttributeType: "N" as const }] : []),
        ],
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          ...(sortKey ? [{ AttributeName: sortKey, KeyType: "RANGE" as const }] : []),
        ],
        ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } }),
      }),
    );
    return TableDescription?.LatestStreamArn ?? "";
  }

  async function createQueue(
    name: string,
    { fifo = false, maxReceiveCount = 5 }: QueuePlan,
  ): Promise<StageQueue> {
    const suffix = fifo ? ".fifo" : "";
    const Attributes = fifo ? { FifoQueue: "true" } : undefined;
    const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead${suffix}`, Attributes }));
    const deadLetterTargetArn = await arnOf(dead.QueueUrl);
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `${name}${suffix}`,
        Attributes: {
          ...Attributes,
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
        },
      }),
    );
    const urls = { url: QueueUrl ?? "", deadLetterUrl: dead.QueueUrl ?? "" };
    return { ...urls, arn: await arnOf(QueueUrl), maxReceiveCount, fifo };
  }

  async function arnOf(QueueUrl: string | undefined): Promise<string> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    return Attributes?.QueueArn ?? "";
  }
}

function tableName(variable: string): string {
  return variable.toLowerCase().replaceAll("_", "-");
}

function known<Value>(values: ReadonlyMap<string, Value>, name: string, what: string): Value {
  const value = values.get(name);
  if (value === undefined || value === "") {
    throw new Error(`no ${what} ${name} on this stage; there are ${[...values.keys()].join(", ")}`);
  }
  return value;
}

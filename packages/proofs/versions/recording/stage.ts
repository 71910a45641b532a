// Where one kind of stored thing is written and read: tables, queues and a bucket of its own on real engines. Names are the same
// in every run, because some ids are made of them.
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteTableCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";

/** What a release has left: items by table, objects by key. */
export interface Stored {
  readonly items: Readonly<Record<string, readonly Record<string, AttributeValue>[]>>;
  readonly objects: Readonly<Record<string, string>>;
}

export type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

export interface Stage {
  readonly clients: LocalClients;
  readonly state: string;
  readonly journal: string;
  readonly bucket: string;
  /** Runs the handler with one record after the other. @returns for each whether the queue may forget it */
  receive(handler: Handler, records: readonly SQSRecord[]): Promise<boolean[]>;
  record(body: string, options?: { receiveCount?: number; group?: string; messageId?: string }): SQSRecord;
  /** What was parked meanwhile, as it is in the dead-letter queue. */
  parked(): Promise<Message[]>;
  items(table: "evidence" | "state" | "outbox" | "journal"): Promise<Record<string, unknown>[]>;
  stored(): Promise<Stored>;
  load(stored: Stored): Promise<void>;
  close(): Promise<void>;
}

const keys = { evidence: ["id"], state: ["id"], outbox: ["id", "place"], journal: ["id", "sequence"] };
type Table = keyof typeof keys;

export async function openStage(clients: LocalClients, name: string, { fifo = false } = {}): Promise<Stage> {
  const { dynamodb, sqs, s3 } = clients;
  const of = (table: string) => `recorded-${name}-${table}`;
  const bucket = of("objects");
  for (const table of Object.keys(keys) as Table[]) await createTable(table);
  await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch(() => undefined); // there from the stage before
  const [queueUrl, deadLetterQueueUrl] = [await createQueue("queue"), await createQueue("dead")];
  Object.assign(process.env, {
    EVIDENCE_TABLE: of("evidence"),
    ORDERED_OUTBOX_TABLE: of("outbox"),
    JOURNAL_TABLE: of("journal"),
    CLAIM_CHECK_BUCKET: bucket,
    PARKED_BUCKET: bucket,
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    MAX_RECEIVE_COUNT: "3",
  });
  const queueName = queueUrl.split("/").at(-1) ?? "";
  const stage: Stage = {
    clients,
    state: of("state"),
    journal: of("journal"),
    bucket,
    async receive(handler, records) {
      const done: boolean[] = [];
      for (const record of records) {
        const { batchItemFailures } = await handler(anSqsEvent(record), aContext());
        done.push(batchItemFailures.length === 0);
      }
      return done;
    },
    record(body, { messageId, ...options } = {}) {
      const record = anSqsRecord(body, { queueName, ...options });
      return messageId === undefined ? record : { ...record, messageId };
    },
    async parked() {
      const found: Message[] = [];
      for (let page: Message[] | undefined; page === undefined || page.length > 0; ) {
        ({ Messages: page = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: deadLetterQueueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ["All"],
            MessageSystemAttributeNames: ["All"],
          }),
        ));
        found.push(...page);
      }
      return found;
    },
    items: async (table) => (await scan(table)).map((item) => unmarshall(item)),
    async stored() {
      const items: Record<string, Record<string, AttributeValue>[]> = {};
      for (const table of Object.keys(keys) as Table[]) items[table] = await scan(table);
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      const objects: Record<string, string> = {};
      for (const { Key = "" } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        objects[Key] = (await Body?.transformToString("base64")) ?? "";
      }
      return {
        items: Object.fromEntries(Object.entries(items).filter(([, list]) => list.length > 0)),
        objects,
      };
    },
    async load({ items, objects }) {
      for (const [table, list] of Object.entries(items)) {
        for (const Item of list) await dynamodb.send(new PutItemCommand({ TableName: of(table), Item }));
      }
      for (const [Key, text] of Object.entries(objects)) {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(text, "base64") }));
      }
    },
    async close() {
      for (const table of Object.keys(keys)) {
        await dynamodb.send(new DeleteTableCommand({ TableName: of(table) }));
      }
      for (const QueueUrl of [queueUrl, deadLetterQueueUrl]) {
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      }
    },
  };
  return stage;

  async function createTable(table: Table): Promise<void> {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: of(table),
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: keys[table].map((AttributeName) => ({
          AttributeName,
          AttributeType: AttributeName === "sequence" ? "N" : "S",
        })),
        KeySchema: keys[table].map((AttributeName, index) => ({
          AttributeName,
          KeyType: index === 0 ? "HASH" : "RANGE",
        })),
      }),
    );
  }

  async function createQueue(purpose: string): Promise<string> {
    const QueueName = `${of(purpose)}${fifo ? ".fifo" : ""}`;
    const Attributes = fifo ? { FifoQueue: "true" } : {};
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  }

  async function scan(table: Table): Promise<Record<string, AttributeValue>[]> {
    const { Items = [] } = await dynamodb.send(
      new ScanCommand({ TableName: of(table), ConsistentRead: true }),
    );
    return Items;
  }
}

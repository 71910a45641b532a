// A journal's table and a projection's on a real engine, without the stacks around them.
import { CreateTableCommand, type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { type Journal, type JournalMessage, journal } from "@essentially-once/messaging/journal";
import { anEnvelope } from "./an-envelope.ts";

export interface JournalWorld {
  readonly clients: LocalClients;
  readonly journalTable: string;
  /** Partition key `id`. */
  readonly stateTable: string;
  readonly outboxTable: string;
  items(table: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function aJournalWorld(): Promise<JournalWorld> {
  const engines = await startEngines();
  const clients = localClients(engines.endpoints);
  const [journalTable, stateTable, outboxTable] = ["journal", "insights", "outbox"] as const;
  await createTable(clients.dynamodb, journalTable, ["id", "sequence"]);
  await createTable(clients.dynamodb, stateTable, ["id"]);
  await createTable(clients.dynamodb, outboxTable, ["id", "place"]);
  await createTable(clients.dynamodb, "evidence", ["id"]);
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: engines.endpoints.s3,
    AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
    JOURNAL_TABLE: journalTable,
    INSIGHTS_TABLE: stateTable,
    ORDERED_OUTBOX_TABLE: outboxTable,
    EVIDENCE_TABLE: "evidence",
  });
  return {
    clients,
    journalTable,
    stateTable,
    outboxTable,
    async items(table) {
      const { Items = [] } = await clients.dynamodb.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      );
      return Items.map((item) => unmarshall(item));
    },
    stop: engines.stop,
  };
}

async function createTable(
  client: DynamoDBClient,
  TableName: string,
  [hash, range]: [string, string?],
): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: hash, AttributeType: "S" },
        ...(range === undefined
          ? []
          : [{ AttributeName: range, AttributeType: range === "place" ? ("S" as const) : ("N" as const) }]),
      ],
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" as const }]),
      ],
    }),
  );
}

/** A journal that no other test writes to. */
export function aJournal({ partitions = 1 }: { partitions?: number } = {}): Journal {
  return journal({ name: `journal-${newId()}`, partitions });
}

export function aJournalMessage(changes: Partial<Envelope> = {}): JournalMessage {
  const envelope = anEnvelope(changes);
  return { envelope, body: asciiJson(envelope) };
}

export function inSeconds(seconds: number): { deadlineMs: number } {
  return { deadlineMs: Date.now() + seconds * 1_000 };
}

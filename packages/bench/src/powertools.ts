// AWS Powertools for Lambda in its documented idiom: a batch processor around a function that is made idempotent,
// over the SDK client that its documentation shows. It promises that a finished result is returned again; not that
// the effects of a run that died half-way are undone or completed, so compare cost with that in mind.
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import {
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { SQSRecord } from "aws-lambda";
import { addToBalance, announcement, type Deposit, depositSchema } from "./bank.ts";
import type { Contender, Running } from "./contender.ts";
import { tables } from "./engines.ts";

interface Message {
  readonly source: string;
  readonly id: string;
  readonly data: unknown;
}

type Commit = (client: DynamoDBClient, message: Message, deposit: Deposit) => Promise<void>;

export const powertools: readonly Contender[] = [
  contender("Powertools", "a finished result is not repeated", updateAndPut),
  contender("Powertools, local cache", "the same", updateAndPut, { useLocalCache: true }),
  contender(
    "Powertools, transaction",
    "the same; effect and message at once",
    async (client, message, deposit) => {
      const TransactItems = [{ Update: addToBalance(deposit) }, { Put: announcement(message, deposit) }];
      await client.send(new TransactWriteItemsCommand({ TransactItems }));
    },
  ),
];

async function updateAndPut(...[client, message, deposit]: Parameters<Commit>): Promise<void> {
  await client.send(new UpdateItemCommand(addToBalance(deposit)));
  await client.send(new PutItemCommand(announcement(message, deposit)));
}

function contender(name: string, promises: string, commit: Commit, options: Options = {}): Contender {
  return { name, promises, make: async () => run(commit, options) };
}

type Options = Pick<ConstructorParameters<typeof IdempotencyConfig>[0], "useLocalCache">;

function run(commit: Commit, options: Options): Running {
  const client = new DynamoDBClient({});
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: tables.evidence,
    awsSdkV3Client: client,
  });
  const config = new IdempotencyConfig({
    eventKeyJmesPath: "[source, id]", // the identity of the message, not of the SQS delivery
    expiresAfterSeconds: 60 * 86_400,
    ...options,
  });
  const processor = new BatchProcessor(EventType.SQS);
  const processIdempotently = makeIdempotent(
    async (message: Message) => commit(client, message, depositSchema.parse(message.data)),
    { persistenceStore, config },
  );
  return {
    client,
    async handler(event, context) {
      config.registerLambdaContext(context);
      return processPartialResponse(event, recordHandler, processor, { context });
    },
  };

  async function recordHandler(record: SQSRecord): Promise<void> {
    await processIdempotently(JSON.parse(record.body) as Message);
  }
}

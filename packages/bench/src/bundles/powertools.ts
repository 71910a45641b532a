// The same consumer on Powertools, without a schema either.
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";

const client = new DynamoDBClient({});
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: "evidence", awsSdkV3Client: client });
const config = new IdempotencyConfig({ eventKeyJmesPath: "[source, id]" });
const processor = new BatchProcessor(EventType.SQS);

const process = makeIdempotent(
  async ({ id }: { id: string }) => {
    const { Item = {} } = await client.send(
      new GetItemCommand({ TableName: "accounts", Key: marshall({ id }), ConsistentRead: true }),
    );
    const { version = 0 } = unmarshall(Item);
    await client.send(
      new UpdateItemCommand({
        TableName: "accounts",
        Key: marshall({ id }),
        UpdateExpression: "SET version = :next",
        ExpressionAttributeValues: marshall({ ":next": version + 1 }),
      }),
    );
    await client.send(new PutItemCommand({ TableName: "outbox", Item: marshall({ id }) }));
  },
  { persistenceStore, config },
);

export async function handler(event: SQSEvent, context: Context) {
  config.registerLambdaContext(context);
  const recordHandler = async (record: SQSRecord) => process(JSON.parse(record.body));
  return processPartialResponse(event, recordHandler, processor, { context });
}

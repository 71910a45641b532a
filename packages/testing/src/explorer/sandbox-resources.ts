// The tables and queues of a sandbox, as the explorer makes them: `id` is the partition key, and the redrive policy of
// each queue names its dead-letter queue.
import { CreateTableCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import type { PlainClients } from "./plain-clients.ts";

const sortKeyTypes = { sequence: "N", place: "S" } as const;

export interface TablePlan {
  /** The partition key is `id`. */
  readonly sortKey?: keyof typeof sortKeyTypes;
  readonly stream?: boolean;
  /** By which its items are found, too: its name, its partition key and its sort key. */
  readonly index?: { readonly name: string; readonly keys: readonly [string, string] };
}

export interface QueuePlan {
  readonly fifo?: boolean;
  /** The queue's own limit; unless given that of a deployed queue, which leaves parking to the consumer. */
  readonly maxReceiveCount?: number;
  /** What the consumer is told; 5, or the queue's limit when that is given. */
  readonly attemptsMax?: number;
}

export interface SandboxQueue {
  readonly url: string;
  readonly arn: string;
  readonly deadLetterUrl: string;
  readonly attemptsMax: number;
  readonly fifo: boolean;
}

export interface DeadLetter {
  readonly body: string;
  /** Undefined when the queue's own redrive policy moved it. */
  readonly reason: string | undefined;
}

/** The ARN of its stream, or "" when it has none. */
export async function createTable(
  { dynamodb }: LocalClients,
  TableName: string,
  { sortKey, stream, index }: TablePlan,
): Promise<string> {
  const { TableDescription } = await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        ...(sortKey ? [{ AttributeName: sortKey, AttributeType: sortKeyTypes[sortKey] }] : []),
        ...(index?.keys ?? []).map((AttributeName) => ({ AttributeName, AttributeType: "S" as const })),
      ],
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        ...(sortKey ? [{ AttributeName: sortKey, KeyType: "RANGE" as const }] : []),
      ],
      ...(index && {
        GlobalSecondaryIndexes: [
          {
            IndexName: index.name,
            KeySchema: [
              { AttributeName: index.keys[0], KeyType: "HASH" as const },
              { AttributeName: index.keys[1], KeyType: "RANGE" as const },
            ],
            Projection: { ProjectionType: "KEYS_ONLY" as const },
          },
        ],
      }),
      ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } }),
    }),
  );
  return TableDescription?.LatestStreamArn ?? "";
}

export async function createQueue(
  { sqs }: LocalClients,
  name: string,
  { fifo = false, maxReceiveCount, attemptsMax = maxReceiveCount ?? 5 }: QueuePlan,
): Promise<SandboxQueue> {
  const suffix = fifo ? ".fifo" : "";
  const Attributes = fifo ? { FifoQueue: "true" } : undefined;
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead${suffix}`, Attributes }));
  const deadLetterTargetArn = await arnOf(sqs, dead.QueueUrl);
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `${name}${suffix}`,
      Attributes: {
        ...Attributes,
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxReceiveCount ?? 1_000 }),
      },
    }),
  );
  const urls = { url: QueueUrl ?? "", deadLetterUrl: dead.QueueUrl ?? "" };
  return { ...urls, arn: await arnOf(sqs, QueueUrl), attemptsMax, fifo };
}

/** Takes everything out of a queue, in the order in which it comes. */
export async function takeAll({ sqs }: PlainClients, QueueUrl: string): Promise<DeadLetter[]> {
  const deadLetters: DeadLetter[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
    );
    if (Messages.length === 0) return deadLetters;
    for (const { Body = "", MessageAttributes } of Messages) {
      deadLetters.push({ body: Body, reason: MessageAttributes?.ReasonCode?.StringValue });
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

async function arnOf(sqs: SQSClient, QueueUrl: string | undefined): Promise<string> {
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
  return (await sqs.send(asked)).Attributes?.QueueArn ?? "";
}

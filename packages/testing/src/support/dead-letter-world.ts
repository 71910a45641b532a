// A consumer's queues and tables on real engines, and a way to park what it would have parked.
import { CreateTableCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { newId } from "@essentially-once/messaging/ids";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";

export interface DeadLetterWorld {
  readonly clients: LocalClients;
  readonly evidenceTable: string;
  readonly stateTable: string;
  /** A queue with its dead-letter queue, of the consumer `note-taker`, and the environment of its function. */
  aQueue(options?: { fifo?: boolean }): Promise<ConsumerQueue>;
  park(
    queue: ConsumerQueue,
    body: string,
    attributes?: Record<string, string>,
    group?: string,
  ): Promise<void>;
  depth(queueUrl: string): Promise<{ visible: number; inFlight: number }>;
  /** Receives and deletes all that is visible. */
  drain(queueUrl: string): Promise<Message[]>;
  items(table: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export async function aDeadLetterWorld(): Promise<DeadLetterWorld> {
  const engines = await startEngines();
  const clients = localClients(engines.endpoints);
  const { sqs, dynamodb } = clients;
  const [evidenceTable, stateTable, outboxTable] = ["evidence", "notes", "outbox"] as const;
  for (const TableName of [evidenceTable, stateTable, outboxTable]) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "id", AttributeType: "S" },
          ...(TableName === outboxTable ? [{ AttributeName: "place", AttributeType: "S" as const }] : []),
        ],
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          ...(TableName === outboxTable ? [{ AttributeName: "place", KeyType: "RANGE" as const }] : []),
        ],
      }),
    );
  }
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
    EVIDENCE_TABLE: evidenceTable,
    ORDERED_OUTBOX_TABLE: outboxTable,
    MAX_RECEIVE_COUNT: "5",
  });

  return {
    clients,
    evidenceTable,
    stateTable,
    async aQueue({ fifo = false } = {}) {
      const [queueUrl, deadLetterQueueUrl] = [await createQueue(fifo), await createQueue(fifo)];
      Object.assign(process.env, { QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl });
      return {
        consumer: "NoteTaker",
        name: "note-taker",
        queueUrl,
        deadLetterQueueUrl,
        evidenceTable,
        stateTables: [stateTable],
      };
    },
    async park({ deadLetterQueueUrl }, body, attributes = {}, group = "g") {
      const texts = Object.entries(attributes).map(
        ([name, StringValue]) => [name, { DataType: "String", StringValue }] as const,
      );
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetterQueueUrl,
          MessageBody: body,
          MessageAttributes: Object.fromEntries(texts),
          ...(isFifo(deadLetterQueueUrl) && { MessageGroupId: group, MessageDeduplicationId: newId() }),
        }),
      );
    },
    async depth(queueUrl) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
      );
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async drain(queueUrl) {
      const drained: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ["All"],
            MessageSystemAttributeNames: ["All"],
          }),
        );
        if (Messages.length === 0) return drained;
        drained.push(...Messages);
        for (const { ReceiptHandle } of Messages) {
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        }
      }
    },
    async items(table) {
      const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
      return Items.map((item) => unmarshall(item));
    },
    stop: engines.stop,
  };

  async function createQueue(fifo: boolean): Promise<string> {
    const { QueueUrl = "" } = await sqs.send(
      new CreateQueueCommand({
        QueueName: `${newId()}${fifo ? ".fifo" : ""}`,
        ...(fifo && { Attributes: { FifoQueue: "true" } }),
      }),
    );
    return QueueUrl;
  }
}

// Real engines for one test file, and the queues and tables its tests ask for.

import { randomUUID } from "node:crypto";
import { CreateTableCommand, type StreamViewType } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SendMessageBatchCommand,
} from "@aws-sdk/client-sqs";
import { type Engines, startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  destroyClients,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { afterAll, beforeAll } from "vitest";

export function localEngines() {
  let engines: Engines;
  let clients: LocalClients;

  beforeAll(async () => {
    engines = await startEngines();
    clients = localClients(engines.endpoints);
  });
  afterAll(async () => {
    destroyClients(clients);
    await engines.stop();
  });

  return {
    get endpoints() {
      return engines.endpoints;
    },
    get announced() {
      return engines.announced;
    },
    get clients() {
      return clients;
    },
    async aQueue(Attributes: Partial<Record<QueueAttributeName, string>> = {}) {
      const QueueName = `queue-${randomUUID()}${Attributes.FifoQueue ? ".fifo" : ""}`;
      const { QueueUrl = "" } = await clients.sqs.send(
        new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: "2", ...Attributes } }),
      );
      return { queueUrl: QueueUrl, queueArn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
    },
    async aBucket() {
      const Bucket = `bucket-${randomUUID()}`;
      await clients.s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    async send(QueueUrl: string, bodies: readonly string[]) {
      const Entries = bodies.map((MessageBody, n) => ({ Id: String(n), MessageBody }));
      await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    },
    /** Visible and in flight. */
    async depth(QueueUrl: string) {
      const { Attributes } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
      );
      return {
        visible: Number(Attributes?.ApproximateNumberOfMessages),
        inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async aStreamedTable(view: StreamViewType = "NEW_IMAGE") {
      const { TableDescription } = await clients.dynamodb.send(
        new CreateTableCommand({
          TableName: `table-${randomUUID()}`,
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
          BillingMode: "PAY_PER_REQUEST",
          StreamSpecification: { StreamEnabled: true, StreamViewType: view },
        }),
      );
      return {
        tableName: TableDescription?.TableName ?? "",
        streamArn: TableDescription?.LatestStreamArn ?? "",
      };
    },
  };
}

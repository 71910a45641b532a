// The tables, queues and environments of an app's stacks on real engines, without functions running: a test calls the
// handlers itself. One world a test file. The app is the kit's own, unless a test of the sample asks for `bin/app.ts`.

import { DeleteItemCommand, GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import type { Deployment } from "@essentially-once/local-cloud/internal/model/model";
import { provision } from "@essentially-once/local-cloud/internal/provision/provision";
import { contractVariable } from "@essentially-once/messaging/contract";
import { assemblyOf, kitApp } from "./assembly.ts";

export interface World {
  readonly clients: LocalClients;
  readonly deployment: Deployment;
  /** The value of a stack output: `StandardTable`, `StandardQueueUrl` … */
  output(key: string): string;
  /** Puts a function's environment into this process, as Lambda would before it loads the handler. */
  enter(functionPath: string): void;
  put(table: string, item: Record<string, unknown>): Promise<void>;
  get(table: string, id: string): Promise<Record<string, unknown> | undefined>;
  /** By its id, or as it was found: an item of the outbox has a place, too. */
  remove(table: string, item: string | Readonly<Record<string, unknown>>): Promise<void>;
  items(table: string): Promise<Record<string, unknown>[]>;
  /** Receives and deletes everything visible in a queue. */
  drain(queueUrl: string): Promise<DrainedMessage[]>;
  stop(): Promise<void>;
}

export interface DrainedMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

export async function aWorld({ app = kitApp } = {}): Promise<World> {
  const [engines, assemblyDirectory] = await Promise.all([startEngines(), assemblyOf(app)]);
  const clients = localClients(engines.endpoints);
  const deployment = await provision({
    assemblyDirectory,
    clients,
    endpoints: engines.endpoints,
    functionUrlFor: (path) => `http://127.0.0.1/${path}/`,
  });
  const outputs = Object.assign({}, ...Object.values(deployment.outputs)) as Record<string, string>;
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
    AWS_ENDPOINT_URL_S3: engines.endpoints.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: engines.endpoints.secretsManager,
    AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SSM: engines.endpoints.ssm,
  });

  return {
    clients,
    deployment,
    output(key) {
      const value = outputs[key];
      if (value === undefined)
        throw new Error(`no output ${key}; there are ${Object.keys(outputs).join(", ")}`);
      return value;
    },
    enter(functionPath) {
      const found = deployment.functions.find(({ path }) => path.startsWith(functionPath));
      if (!found) {
        const paths = deployment.functions.map(({ path }) => path).join(", ");
        throw new Error(`no function ${functionPath}; there are ${paths}`);
      }
      const { [contractVariable]: _, ...environment } = found.environment; // the tests' handlers have contracts of their own
      Object.assign(process.env, environment);
    },
    async put(table, item) {
      await clients.dynamodb.send(new PutItemCommand({ TableName: table, Item: marshall(item) }));
    },
    async get(table, id) {
      const { Item } = await clients.dynamodb.send(
        new GetItemCommand({ TableName: table, Key: marshall({ id }), ConsistentRead: true }),
      );
      return Item && unmarshall(Item);
    },
    async remove(table, item) {
      const { id, place } =
        typeof item === "string" ? { id: item } : (item as { id: string; place?: string });
      const Key = marshall({ id, place }, { removeUndefinedValues: true });
      await clients.dynamodb.send(new DeleteItemCommand({ TableName: table, Key }));
    },
    async items(table) {
      const { Items = [] } = await clients.dynamodb.send(
        new ScanCommand({ TableName: table, ConsistentRead: true }),
      );
      return Items.map((item) => unmarshall(item));
    },
    async drain(queueUrl) {
      const drained: DrainedMessage[] = [];
      for (;;) {
        const { Messages = [] } = await clients.sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ["All"],
          }),
        );
        if (Messages.length === 0) return drained;
        for (const { Body, MessageAttributes = {}, ReceiptHandle } of Messages) {
          const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [
            name,
            StringValue,
          ]);
          drained.push({ body: Body ?? "", attributes: Object.fromEntries(attributes) });
          await clients.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        }
      }
    },
    stop: engines.stop,
  };
}

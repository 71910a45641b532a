// What is deployed, as its users and its operator see it: on AWS, or at the endpoint that AWS_ENDPOINT_URL names.
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { stageOutputs } from "@essentially-once/operator/internal/connect/stage-outputs";
import { signedPost } from "./signed-post.ts";

export type Item = Readonly<Record<string, unknown>>;

export interface Deployed {
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  put(tableKey: string, item: Item): Promise<void>;
  get(tableKey: string, id: string): Promise<Item | undefined>;
  remove(tableKey: string, id: string): Promise<void>;
  items(tableKey: string): Promise<readonly Item[]>;
  send(queueKey: string, body: string): Promise<void>;
  /** The dead letters of a consumer whose body has the text; they stay where they are. */
  deadLetters(queueKey: string, text: string): Promise<readonly DeadLetter[]>;
  /** Commits a message to the outbox, as a unit of work does: from there it goes the way of all messages. */
  commit(message: Envelope, copies?: number): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: Item;
}

export interface DeadLetter {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** The stage that the suite runs against. */
export const stage = process.env.STAGE ?? "dev";

export async function deployed(): Promise<Deployed> {
  const outputs = Object.assign({}, ...Object.values(await stageOutputs(stage))) as Record<string, string>;
  const dynamodb = new DynamoDBClient();
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const built: Deployed = {
    async post(path, body, headers = {}) {
      const url = output("PlaceOrderUrl") + path;
      const identity = { credentials: await sqs.config.credentials(), region: await sqs.config.region() };
      const { status, text } = await signedPost({ url, body: JSON.stringify(body), headers, ...identity });
      return { status, body: JSON.parse(text) as Item };
    },
    async put(tableKey, item) {
      await dynamodb.send(new PutItemCommand({ TableName: output(tableKey), Item: marshall(item) }));
    },
    async get(tableKey, id) {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: output(tableKey), Key: marshall({ id }), ConsistentRead: true }),
      );
      return Item && unmarshall(Item);
    },
    async remove(tableKey, id) {
      await dynamodb.send(new DeleteItemCommand({ TableName: output(tableKey), Key: marshall({ id }) }));
    },
    async items(tableKey) {
      const { Items = [] } = await dynamodb.send(
        new ScanCommand({ TableName: output(tableKey), ConsistentRead: true }),
      );
      return Items.map((item) => unmarshall(item));
    },
    async send(queueKey, body) {
      await sqs.send(new SendMessageCommand({ QueueUrl: output(queueKey), MessageBody: body }));
    },
    async deadLetters(queueKey, text) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: output(queueKey),
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ["All"],
          VisibilityTimeout: 1,
          WaitTimeSeconds: 1,
        }),
      );
      return Messages.filter(({ Body }) => Body?.includes(text)).map(
        ({ Body = "", MessageAttributes = {} }) => ({
          body: Body,
          attributes: Object.fromEntries(
            Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
          ),
        }),
      );
    },
    async commit(message, copies = 1) {
      const row = { messages: [asciiJson(message)], createdAt: new Date().toISOString() };
      for (let copy = 1; copy <= copies; copy++) await built.put("OutboxTable", { ...row, id: newId() });
    },
  };
  return built;

  function output(key: string): string {
    const value = outputs[key];
    if (value === undefined) {
      const keys = Object.keys(outputs).join(", ") || "none";
      throw new Error(`stage ${stage} has no output ${key}; there are: ${keys}. Deploy it first.`);
    }
    return value;
  }
}

/** Asks until there is an answer that is not false or nothing. Deployments have no clock to move. */
export async function eventually<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  seconds = 120,
): Promise<NonNullable<Answer>> {
  const endMs = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > endMs) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(500);
  }
}

// The kit's stacks, bundled and running on the local cloud, with wires to the engines that a test can trip.
import { setTimeout as sleep } from "node:timers/promises";
import { GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import type { LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import { stringAttributes } from "@essentially-once/messaging/internal/publish/send";
import { bundledAssemblyOf, kitApp } from "./assembly.ts";
import { attributesFor, keysIn } from "./signing.ts";
import { startTripwire, type Tripwire } from "./tripwire.ts";

export interface RunningCloud {
  readonly cloud: LocalCloud;
  readonly events: readonly LocalEvent[];
  readonly dynamodbWire: Tripwire;
  readonly sqsWire: Tripwire;
  /** Kills every function process that runs, as a crash of the machine would. */
  killFunctions(): void;
  /** Signed, as the publisher would send them. */
  send(queueKey: string, bodies: readonly string[]): Promise<void>;
  setVisibilityTimeout(queueKey: string, seconds: number): Promise<void>;
  put(tableKey: string, item: Record<string, unknown>): Promise<void>;
  get(tableKey: string, id: string): Promise<Record<string, unknown> | undefined>;
  count(tableKey: string): Promise<number>;
  deadLetters(queueKey: string): Promise<{ body: string; reason: string | undefined }[]>;
  /** True when the queue holds nothing, visible or in flight. */
  isEmpty(queueKey: string): Promise<boolean>;
  /** Throws when a function was denied what it asked for. */
  stop(): Promise<void>;
}

/** Seconds; short, so that a redelivery can be waited for. */
const visibilityTimeout = 2;

export async function aRunningCloud(): Promise<RunningCloud> {
  const assemblyDirectory = await bundledAssemblyOf(kitApp);
  const engines = await startEngines();
  const dynamodbWire = await startTripwire(engines.endpoints.dynamodb);
  const sqsWire = await startTripwire(engines.endpoints.sqs);
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodbWire.endpoint;
  process.env.AWS_ENDPOINT_URL_SQS = sqsWire.endpoint;
  const events: LocalEvent[] = [];
  const cloud = await startLocalCloud({ assemblyDirectory, onEvent: (event) => void events.push(event) });
  const { dynamodb, sqs } = cloud.clients;
  for (const { queueUrl } of cloud.deployment.sqsMappings) {
    await setTimeoutOf(queueUrl, visibilityTimeout);
  }

  return {
    cloud,
    events,
    dynamodbWire,
    sqsWire,
    killFunctions() {
      for (const processId of cloud.processIds()) process.kill(processId, "SIGKILL");
    },
    async send(queueKey, bodies) {
      const QueueUrl = cloud.output(queueKey);
      const keys = keysIn(cloud.clients.secretsManager, cloud.output("SigningSecretArn"));
      const Entries = await Promise.all(
        bodies.map(async (MessageBody, index) => ({
          Id: String(index),
          MessageBody,
          MessageAttributes: stringAttributes(await attributesFor(MessageBody, QueueUrl, keys)),
        })),
      );
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    },
    setVisibilityTimeout: (queueKey, seconds) => setTimeoutOf(cloud.output(queueKey), seconds),
    async put(tableKey, item) {
      await dynamodb.send(new PutItemCommand({ TableName: cloud.output(tableKey), Item: marshall(item) }));
    },
    async get(tableKey, id) {
      const { Item } = await dynamodb.send(
        new GetItemCommand({
          TableName: cloud.output(tableKey),
          Key: marshall({ id }),
          ConsistentRead: true,
        }),
      );
      return Item && unmarshall(Item);
    },
    async count(tableKey) {
      const { Count = 0 } = await dynamodb.send(
        new ScanCommand({ TableName: cloud.output(tableKey), ConsistentRead: true, Select: "COUNT" }),
      );
      return Count;
    },
    async deadLetters(queueKey) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: cloud.output(queueKey),
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ["All"],
          VisibilityTimeout: 0,
        }),
      );
      return Messages.map(({ Body = "", MessageAttributes = {} }) => ({
        body: Body,
        reason: MessageAttributes.ReasonCode?.StringValue,
      }));
    },
    async isEmpty(queueKey) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: cloud.output(queueKey), AttributeNames: ["All"] }),
      );
      return (
        Attributes.ApproximateNumberOfMessages === "0" &&
        Attributes.ApproximateNumberOfMessagesNotVisible === "0"
      );
    },
    async stop() {
      await cloud.stop();
      await Promise.all([dynamodbWire.stop(), sqsWire.stop(), engines.stop()]);
      const denials = events.flatMap((event) => (event.kind === "denial" ? [event.line] : []));
      if (denials.length > 0) throw new Error(`permissions are missing: ${denials.join("; ")}`);
    },
  };

  async function setTimeoutOf(QueueUrl: string, seconds: number): Promise<void> {
    const Attributes = { VisibilityTimeout: String(seconds) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}

/** Waits until it is so, and says what it waited for when it never is. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  withinMs = 120_000, // bounds a wait that would never end; a busy machine stays far below it
): Promise<void> {
  const givesUpAt = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > givesUpAt) throw new Error(`${withinMs} ms passed, and it was not so that ${what}`);
    await sleep(50);
  }
}

// The two releases running: the stacks on the local cloud, a carrier outside, and the clients that pay.
import { setTimeout as sleep } from "node:timers/promises";
import { PutItemCommand, type PutItemCommandInput, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import { type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { writesWithRows } from "@essentially-once/messaging/internal/commit/outbox";
import { journal } from "@essentially-once/messaging/journal";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { TestCarrier } from "@essentially-once/testing/a-carrier";
import { allItems } from "../kills/settle.ts";

export interface Payment {
  readonly id: string;
  readonly account: string;
  readonly amount: number;
}

export interface World {
  readonly cloud: LocalCloud;
  readonly carrier: TestCarrier;
  /** POSTs until there is an answer, and asks once more with the same key. @returns every id that was answered */
  pay(key: string, account: string, amount: number): Promise<ReadonlySet<string>>;
  /** Every message that the journal has, in the order of its partitions. */
  journaled(): Promise<Envelope[]>;
  /** Puts a message into the outbox once more: everybody gets it again. */
  sendAgain(message: Envelope): Promise<void>;
  setClosed(account: string, closed: boolean): Promise<void>;
  /**
   * Waits until no row and no message is left, and the projection has read all.
   * @returns how many are left when the timeout expires
   */
  quiet(withinMs?: number): Promise<number>;
  stop(): Promise<void>;
}

/** Shorter than the rule, so that a redelivery need not be waited for. */
const visibilitySeconds = 3;
const quietMsMax = 60_000;
const lookEveryMs = 250;

export async function startWorld(assemblyDirectory: string, carrier: TestCarrier): Promise<World> {
  const engines = await startEngines();
  process.env.AWS_ENDPOINT_URL_SQS = engines.endpoints.sqs;
  process.env.AWS_ENDPOINT_URL_S3 = engines.endpoints.s3;
  process.env.AWS_ENDPOINT_URL_DYNAMODB = engines.endpoints.dynamodb;
  const cloud = await startLocalCloud({ assemblyDirectory });
  const { sqs, dynamodb } = cloud.clients;
  for (const { queueUrl: QueueUrl } of cloud.deployment.sqsMappings) {
    const Attributes = { VisibilityTimeout: String(visibilitySeconds) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
  return {
    cloud,
    carrier,
    async pay(key, account, amount) {
      const answered = new Set<string>();
      for (let answers = 0; answers < 2; ) {
        const payment = await post(cloud.output("PayUrl"), key, { account, amount });
        if (payment === undefined) await sleep(lookEveryMs);
        else {
          answered.add(payment);
          answers++;
        }
      }
      return answered;
    },
    journaled: () => journaled(cloud),
    async sendAgain(message) {
      const table = () => cloud.output("OrderedOutboxTable");
      const [row] = writesWithRows({ writes: [], messages: [message] }, { table, id: message.id });
      await dynamodb.send(new PutItemCommand(row?.Put as PutItemCommandInput));
    },
    async setClosed(id, closed) {
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: cloud.output("BookingTable"),
          Key: marshall({ id }),
          UpdateExpression:
            "SET closed = :closed, version = if_not_exists(version, :one), payments = if_not_exists(payments, :none), numbers = if_not_exists(numbers, :none)",
          ExpressionAttributeValues: marshall({ ":closed": closed, ":one": 1, ":none": [] }),
        }),
      );
    },
    quiet: (withinMs = quietMsMax) => quiet(cloud, withinMs),
    async stop() {
      await cloud.stop();
      await engines.stop();
      for (const service of ["SQS", "S3", "DYNAMODB"]) delete process.env[`AWS_ENDPOINT_URL_${service}`];
    },
  };
}

async function post(url: string, key: string, data: unknown): Promise<string | undefined> {
  try {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(data) });
    return response.ok ? ((await response.json()) as { payment: string }).payment : undefined;
  } catch {
    return undefined; // its process died: nobody knows, so it is asked again
  }
}

const pageSize = 1_000;

async function journaled(cloud: LocalCloud): Promise<Envelope[]> {
  const log = journal({ table: cloud.output("JournalTable"), client: cloud.clients.dynamodb });
  const messages: Envelope[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    const page = await log.read({ partition, after: 0, limit: pageSize });
    messages.push(...page.map(({ body }) => readEnvelope(body)));
  }
  return messages;
}

async function quiet(cloud: LocalCloud, withinMs: number): Promise<number> {
  const givesUpAt = performance.now() + withinMs;
  for (let quietLooks = 0; quietLooks < 2; ) {
    const left = await underWay(cloud);
    quietLooks = left === 0 ? quietLooks + 1 : 0;
    if (performance.now() > givesUpAt) return left;
    if (left > 0) await cloud.invoke("Relay/Sweep/Function", {});
    await sleep(lookEveryMs);
  }
  for (;;) {
    const { response } = await cloud.invoke("Watching/State", {});
    if (response !== undefined && Object(response).records === 0) return 0;
    if (performance.now() > givesUpAt) return 1;
  }
}

/** Rows in the outbox and messages in queues, visible or not. */
async function underWay(cloud: LocalCloud): Promise<number> {
  let count = (await allItems(cloud, "OrderedOutboxTable")).length;
  for (const { queueUrl: QueueUrl } of consumerQueues(cloud.outputs)) {
    const { Attributes = {} } = await cloud.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    count += Number(Attributes.ApproximateNumberOfMessages);
    count += Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  }
  return count;
}

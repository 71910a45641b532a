// Where a trace is replayed: real engines with a queue for each message, so that one can be received without the
// other, and what of them the model speaks of.
import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { sqsRecord } from "@essentially-once/local-cloud/internal/mappings/sqs-record";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { derivedId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { heldSeconds } from "@essentially-once/testing/internal/explorer/held-seconds";
import {
  openSandbox,
  type Sandbox,
  type SandboxPlan,
} from "@essentially-once/testing/internal/explorer/sandbox";
import { isOfCommit } from "@essentially-once/testing/internal/support/outbox-rows";
import type { SQSEvent } from "aws-lambda";
import { type Account, Deposited } from "../scenarios/handlers/messages.ts";
import type { TracedMessage } from "./trace.ts";

export const queueNames = ["first", "second"] as const;

const plan: SandboxPlan = {
  tables: { ACCOUNTS_TABLE: {} },
  queues: { first: { maxReceiveCount: 3 }, second: { maxReceiveCount: 3 }, sent: {} },
  environment: (sandbox) => ({ SENT_QUEUE_URL: sandbox.queue("sent").url }),
};

export interface ReplayWorld {
  readonly sandbox: Sandbox;
  /** Receives a message and leaves it visible; undefined when the queue's redrive policy took it. */
  receive(index: number): Promise<SQSEvent | undefined>;
  /** Deletes a message, with its last receipt. */
  remove(index: number): Promise<void>;
  /** The row of a message as the stream brought it, also when it is gone from the table. */
  rowOf(index: number): Item;
  observe(): Promise<Observed>;
  /** What time to live does to evidence. */
  expireEvidence(): Promise<void>;
}

export interface Observed {
  readonly version: number;
  readonly total: number;
  /** Without what is the model's own: no stream of an engine forgets on demand, and receives are the queue's. */
  readonly messages: readonly Omit<TracedMessage, "receives" | "inStream">[];
}

type Item = Record<string, AttributeValue>;

export async function openReplayWorld(): Promise<ReplayWorld> {
  const sandbox = await openSandbox(plan);
  const { dynamodb, sqs } = sandbox.clients;
  const receipts: (string | undefined)[] = [];
  const rows: Item[] = [];
  const sends = queueNames.map(() => 0);
  const ids = queueNames.map((name) => derivedId("replayed", "/bank", name));
  for (const [index, name] of queueNames.entries()) {
    const deposited = Deposited.from({ account: "a", amount: amountOf(index) });
    await sandbox.send(name, { body: asciiJson(anEnvelope({ ...deposited, id: name, source: "/bank" })) });
  }
  return { sandbox, receive, remove, rowOf, observe, expireEvidence };

  async function receive(index: number): Promise<SQSEvent | undefined> {
    const { url: QueueUrl, arn } = queueOf(index);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        VisibilityTimeout: 0,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    );
    const [message] = Messages;
    if (message === undefined) return undefined;
    receipts[index] = message.ReceiptHandle;
    return { Records: [sqsRecord(message, arn)] };
  }

  async function remove(index: number): Promise<void> {
    const { url: QueueUrl } = queueOf(index);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipts[index] }));
  }

  function rowOf(index: number): Item {
    const row = rows[index];
    if (row === undefined) throw new Error(`message ${index} has never had a row`);
    return row;
  }

  async function observe(): Promise<Observed> {
    const account = (await sandbox.get("ACCOUNTS_TABLE", "a")) as Account | undefined;
    await countSent();
    return {
      version: account?.version ?? 0,
      total: account?.history.length ?? 0,
      messages: await Promise.all(queueNames.map((_, index) => observeMessage(index, account))),
    };
  }

  async function observeMessage(index: number, account: Account | undefined) {
    const { url, deadLetterUrl } = queueOf(index);
    const { Items = [] } = await dynamodb.send(
      new ScanCommand({ TableName: sandbox.table("ORDERED_OUTBOX_TABLE"), ConsistentRead: true }),
    );
    const row = Items.find(({ place }) => isOfCommit({ place: place?.S }, ids[index] as string));
    if (row) rows[index] = row;
    const isQueued = (await depth(url)) > 0;
    const isDead = (await depth(deadLetterUrl)) > 0;
    return {
      place: isQueued ? "Queue" : isDead ? "DeadLetters" : "Acknowledged",
      evidence: (await itemOf("EVIDENCE_TABLE", index)) !== undefined,
      effects: account?.history.filter((amount) => amount === amountOf(index)).length ?? 0,
      inOutbox: row !== undefined,
      sends: sends[index] as number,
    } as const;
  }

  async function countSent(): Promise<void> {
    const { url: QueueUrl } = sandbox.queue("sent");
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: heldSeconds }),
    );
    for (const { Body = "" } of Messages) {
      const { amount } = JSON.parse(Body).data as { amount: number };
      const index = queueNames.findIndex((_, place) => amountOf(place) === amount);
      sends[index] = (sends[index] ?? 0) + 1;
    }
  }

  async function depth(QueueUrl: string): Promise<number> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  async function itemOf(variable: string, index: number): Promise<Item | undefined> {
    const TableName = sandbox.table(variable);
    const Key = marshall({ id: ids[index] });
    return (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  async function expireEvidence(): Promise<void> {
    const TableName = sandbox.table("EVIDENCE_TABLE");
    for (const id of ids) await dynamodb.send(new DeleteItemCommand({ TableName, Key: marshall({ id }) }));
  }

  function queueOf(index: number) {
    return sandbox.queue(queueNames[index] as string);
  }
}

/** Powers of two: the sum says whose effects are in it. */
function amountOf(index: number): number {
  return 2 ** index;
}

// A claim-check bucket beside the tables of a journal world, and one message through a chain with the claim check.

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { type ClaimCheckOptions, claimCheck } from "@essentially-once/messaging/claim-check";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { type EvidenceStore, idempotency } from "@essentially-once/messaging/idempotency";
import { derivedId } from "@essentially-once/messaging/ids";
import { deliver } from "@essentially-once/messaging/internal/commit/delivery";
import type { UnitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { messageChain } from "@essentially-once/messaging/internal/receive/chain";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park, RetryLater } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import * as z from "zod";
import { aJournalWorld, type JournalWorld } from "./journal-world.ts";
import { aContext } from "./lambda.ts";
import { isOfCommit } from "./outbox-rows.ts";

export const bucket = "claims-of-tests";

export const Told = messageType({
  type: "tests.told.v1",
  schema: z.strictObject({ text: z.string() }),
  key: () => "all",
});

export interface ClaimWorld extends JournalWorld {
  /** The keys of all objects. */
  keys(): Promise<string[]>;
  put(key: string, body: string | Uint8Array): Promise<void>;
  removeObject(key: string): Promise<void>;
  /** The messages that a consumer's commit left in the outbox, as their text says. */
  outboxOf(message: Envelope): Promise<Envelope[]>;
}

export async function aClaimWorld(): Promise<ClaimWorld> {
  const world = await aJournalWorld();
  const { s3 } = world.clients;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  process.env.CLAIM_CHECK_BUCKET = bucket;
  return {
    ...world,
    async keys() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key }) => Key ?? "");
    },
    async put(Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    },
    async removeObject(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    },
    async outboxOf({ source, id }) {
      const rowId = derivedId("tested", source, id);
      const rows = (await world.items(world.outboxTable)).filter((row) => isOfCommit(row, rowId));
      return rows.flatMap(({ messages }) => messages as string[]).map((body) => readEnvelope(body));
    },
  };
}

export interface Processing {
  readonly message: Envelope;
  readonly work?: (data: { text: string }, unit: UnitOfWork) => Promise<void> | void;
  readonly options?: ClaimCheckOptions;
  readonly evidence?: EvidenceStore;
  readonly receiveCount?: number;
}

const tested = contract({ name: "tested", accepts: [Told], publishes: [Told] });

/** How a message ends: `done`, `duplicate`, or the code that it was parked or put off with. */
export async function ending({
  message,
  work = () => undefined,
  options = {},
  evidence = rows({ groupCommit: false }),
  receiveCount = 1,
}: Processing): Promise<string> {
  const chain = messageChain({
    contract: tested,
    middlewares: [idempotency({ evidence }), claimCheck(options)],
    work: async ({ data }, unit) => work(data, unit),
  });
  const sqsMessage = { body: asciiJson(message), attributes: {}, queueName: "tested", receiveCount };
  const delivery = { contract: tested, message, sqsMessage, deadlineMs: Date.now() + 20_000 };
  try {
    return (await deliver(chain, delivery, aContext())).kind;
  } catch (error) {
    if (error instanceof Park) return `park ${error.code}`;
    if (error instanceof RetryLater) return `retry ${error.code}`;
    return `retry ${error instanceof Error ? error.name : typeof error}`; // as a consumer does with what is neither
  }
}

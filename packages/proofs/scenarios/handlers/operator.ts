// Acts as the operator: removes the reason for which messages were parked and redrives them; or first edits or discards a
// dead letter and removes the reason only then. It may die at any point and start again.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { signer } from "@essentially-once/messaging/internal/trust/signature";
import { signingKeys } from "@essentially-once/messaging/internal/trust/signing-keys";
import { sqs } from "@essentially-once/messaging/sqs-client";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import { originIn } from "@essentially-once/operator/internal/connect/origins";
import { discard } from "@essentially-once/operator/internal/dead-letters/discard";
import { readDiscards } from "@essentially-once/operator/internal/dead-letters/discard-record";
import { edit } from "@essentially-once/operator/internal/dead-letters/edit";

const { CONSUMER = "", QUEUE_URL = "", DEAD_LETTER_QUEUE_URL = "", EVIDENCE_TABLE = "" } = process.env;
const { OPERATION = "redrive", DEAD_LETTER_ID = "", ACCOUNT = "" } = process.env;

const queue = {
  consumer: CONSUMER,
  name: CONSUMER,
  queueUrl: QUEUE_URL,
  deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
  evidenceTable: EVIDENCE_TABLE,
  ...(process.env.FROM && { from: originIn(process.env.FROM, CONSUMER) }),
  stateTables: process.env.FORM === "inline" ? [process.env.ACCOUNTS_TABLE ?? ""] : [],
};
const matches = ({ reason }: DeadLetter) => reason !== "SIGNATURE_INVALID"; // no redrive can repair that

export async function handler(): Promise<{ left: number }> {
  return OPERATION === "redrive" ? sendBack() : giveUp();
}

async function sendBack() {
  await putRight();
  const options = { queues: [queue], matches, dryRun: false };
  const { handled, unread } = await redrive({ sqs: sqs(), dynamodb: dynamodb() }, options);
  return { left: handled.length + unread.length };
}

/** Afterwards the old message would take effect if its evidence did not mark it as edited or discarded. */
async function giveUp() {
  const { deadLetters, unread } = await listDeadLetters(sqs(), [queue]);
  const left = deadLetters.length + unread.length;
  if (deadLetters.length > 0) await (OPERATION === "edit" ? editIt() : discardIt());
  const place = { dynamodb: dynamodb(), queue };
  if (left === 0 && (await readDiscards(place, DEAD_LETTER_ID)).length > 0) await putRight();
  return { left };
}

async function editIt() {
  const keys = signingKeys();
  await edit(
    { sqs: sqs(), dynamodb: dynamodb() },
    {
      queues: [queue],
      known: { keys },
      sign: signer({ keys }),
      id: DEAD_LETTER_ID,
      data: { account: ACCOUNT, amount: 20 },
      dryRun: false,
    },
  );
}

async function discardIt() {
  await discard(
    { sqs: sqs(), dynamodb: dynamodb() },
    {
      queues: [queue],
      known: { keys: signingKeys() },
      matches,
      because: "explored",
      dryRun: false,
    },
  );
}

async function putRight(): Promise<void> {
  const right = { id: `right-${ACCOUNT}`, version: 1 };
  await dynamodb().send(new PutItemCommand({ TableName: process.env.ACCOUNTS_TABLE, Item: marshall(right) }));
}

// An operator: puts right what a message was parked for, and sends the dead letters back; or sends a corrected message in
// the place of one, or discards it, and puts things right only then. He may die on the way and begin again.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../../../../functions/messaging/clients.ts";
import { signer } from "../../../../functions/messaging/signature.ts";
import { signingKeys } from "../../../../functions/messaging/signing-keys.ts";
import { sqs } from "../../../../functions/messaging/sqs-client.ts";
import type { DeadLetter } from "../../../../operations/dead-letters/dead-letter.ts";
import { discard } from "../../../../operations/dead-letters/discard.ts";
import { readDiscards } from "../../../../operations/dead-letters/discard-record.ts";
import { edit } from "../../../../operations/dead-letters/edit.ts";
import { listDeadLetters } from "../../../../operations/dead-letters/list.ts";
import { redrive } from "../../../../operations/dead-letters/redrive.ts";
import { originIn } from "../../../../operations/origins.ts";

const { CONSUMER = "", QUEUE_URL = "", DEAD_LETTER_QUEUE_URL = "", EVIDENCE_TABLE = "" } = process.env;
const { OPERATION = "redrive", LETTER = "", ACCOUNT = "" } = process.env;

const queue = {
  consumer: CONSUMER,
  name: CONSUMER,
  queueUrl: QUEUE_URL,
  deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
  evidenceTable: EVIDENCE_TABLE,
  ...(process.env.FROM && { from: originIn(process.env.FROM, CONSUMER) }),
  stateTables: process.env.FORM === "inline" ? [process.env.ACCOUNTS_TABLE ?? ""] : [],
};
const matches = ({ reason }: DeadLetter) => reason !== "SIGNATURE_INVALID"; // nobody can put that right

export async function handler(): Promise<{ left: number }> {
  return OPERATION === "redrive" ? sendBack() : giveUp();
}

async function sendBack() {
  await putRight();
  const options = { queues: [queue], matches, dryRun: false };
  const { handled, unread } = await redrive({ sqs: sqs(), dynamodb: dynamodb() }, options);
  return { left: handled.length + unread.length };
}

/** From when on the old message would take effect, if it were not known as given up. */
async function giveUp() {
  const { deadLetters, unread } = await listDeadLetters(sqs(), [queue]);
  const left = deadLetters.length + unread.length;
  if (deadLetters.length > 0) await (OPERATION === "edit" ? editIt() : discardIt());
  const place = { dynamodb: dynamodb(), queue };
  if (left === 0 && (await readDiscards(place, LETTER)).length > 0) await putRight();
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
      id: LETTER,
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

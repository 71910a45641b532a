// An operator: puts right what a message was parked for, and sends the dead letters back. He may die on the way and
// begin again.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../../../../functions/messaging/clients.ts";
import { sqs } from "../../../../functions/messaging/sqs-client.ts";
import { redrive } from "../../../../operations/dead-letters/redrive.ts";

const { CONSUMER = "", QUEUE_URL = "", DEAD_LETTER_QUEUE_URL = "", EVIDENCE_TABLE = "" } = process.env;
const right = { id: `right-${process.env.ACCOUNT}`, version: 1 };

export async function handler(): Promise<{ left: number }> {
  await dynamodb().send(new PutItemCommand({ TableName: process.env.ACCOUNTS_TABLE, Item: marshall(right) }));
  const { handled, unread } = await redrive(
    { sqs: sqs(), dynamodb: dynamodb() },
    {
      queues: [
        {
          consumer: CONSUMER,
          name: CONSUMER,
          queueUrl: QUEUE_URL,
          deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
        },
      ],
      evidenceTable: EVIDENCE_TABLE,
      matches: ({ reason }) => reason !== "SIGNATURE_INVALID", // nobody can put that right
      dryRun: false,
    },
  );
  return { left: handled.length + unread.length };
}

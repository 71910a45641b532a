// An operator who has put right what a message was parked for, and sends the dead letters back; he may die on the way
// and begin again.
import { dynamodb, sqs } from "../../../../functions/messaging/clients.ts";
import { redrive } from "../../../../operations/dead-letters/redrive.ts";

export async function handler(): Promise<void> {
  const { QUEUE_URL = "", DEAD_LETTER_QUEUE_URL = "", EVIDENCE_TABLE = "" } = process.env;
  await redrive(
    { sqs: sqs(), dynamodb: dynamodb() },
    {
      queues: [{ consumer: "ExploredFifo", queueUrl: QUEUE_URL, deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL }],
      evidenceTable: EVIDENCE_TABLE,
      matches: () => true,
      dryRun: false,
    },
  );
}

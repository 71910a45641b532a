// The batch requests to SQS. An answer names the entries it did and those it refused; see batch-answer.ts.
//
//   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { errorCodeOf } from "../core/error-code.ts";
import { type Answer, type Refused, sendInBatches } from "./batch-answer.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const batchEntriesMax = 10;

/** One request. The ids of the entries must differ. */
export async function sendBatch(
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly SendMessageBatchRequestEntry[],
): Promise<Answer<SendMessageBatchRequestEntry>> {
  return read(
    entries,
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...entries] })),
    ({ Id }) => Id,
  );
}

/** Deletes messages, and returns those that were not deleted. A request that fails leaves its ten and no others. */
export function deleteMessages<Message extends { readonly receiptHandle: string }>(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly Message[],
): Promise<Refused<Message>[]> {
  return eachOnItsOwn(messages, (entries) =>
    sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
        })),
      }),
    ),
  );
}

/** Hides messages for so long from now on, and returns those that were not. Whole seconds, 0 to 43,200. */
export function changeVisibility<
  Message extends { readonly receiptHandle: string; readonly seconds: number },
>(sqs: SQSClient, queueUrl: string, messages: readonly Message[]): Promise<Refused<Message>[]> {
  return eachOnItsOwn(messages, (entries) =>
    sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        })),
      }),
    ),
  );
}

function eachOnItsOwn<Entry>(
  all: readonly Entry[],
  request: (entries: readonly Entry[]) => Promise<BatchResult>,
): Promise<Refused<Entry>[]> {
  return sendInBatches(all, {
    entriesMax: batchEntriesMax,
    async request(entries) {
      try {
        const answer = await request(entries);
        return read(entries, answer, (_, index) => String(index));
      } catch (error) {
        const code = errorCodeOf(error); // the SDK tried it again where that helps
        return { again: [], refused: entries.map((entry) => ({ entry, code })) };
      }
    },
  });
}

interface BatchResult {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

function read<Entry>(
  entries: readonly Entry[],
  { Successful, Failed }: BatchResult,
  idOf: (entry: Entry, index: number) => string | undefined,
): Answer<Entry> {
  const done = new Set(Successful?.map(({ Id }) => Id));
  const failed = new Map(Failed?.map((failure) => [failure.Id, failure]));
  const again: Refused<Entry>[] = [];
  const refused: Refused<Entry>[] = [];
  for (const [index, entry] of entries.entries()) {
    const id = idOf(entry, index);
    if (done.has(id)) continue;
    const { Code: code = "NO_RESULT", SenderFault = false } = failed.get(id) ?? {};
    (SenderFault ? refused : again).push({ entry, code });
  }
  return { again, refused };
}

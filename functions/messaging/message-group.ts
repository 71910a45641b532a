// The group of a message: what SQS orders (FIFO queues) and shares capacity by (fair standard queues).
//
//   G4. One key, one group: messages of a key are in one line at every FIFO queue.
import { derivedId } from "./ids.ts";

/** True for the URL, ARN or name of a FIFO queue: SQS demands the suffix. */
export function isFifo(queue: string): boolean {
  return queue.endsWith(".fifo");
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const acceptable = /^[\x21-\x7e]{1,128}$/;

/** The key itself where SQS accepts it, so that consoles and logs show it; else its hash. */
export function groupIdOf(key: string): string {
  return acceptable.test(key) ? key : derivedId("group", key);
}

/**
 * What names a message within its group: its exact bytes. Copies of one message share it, through a redrive
 * too; another message with the same id does not, so SQS does not swallow what the consumer has to park (D15).
 */
export function bodyId(body: string): string {
  return derivedId("body", body);
}

// Keeps messages as their queues delivered them, attributes and all, so that a person can have one delivered again.
//
//   G11. So many bytes; the oldest are forgotten.

import type { SQSRecord } from "aws-lambda";

export interface Resend {
  keep(message: Named, record: SQSRecord): void;
  /** @param queueArn of the queue that delivered it */
  get(message: Named, queueArn: string): SQSRecord | undefined;
}

interface Named {
  readonly id: string;
  readonly source: string;
}

const BYTES_MAX = 32 * 1_048_576;

export function resendable(bytesMax = BYTES_MAX): Resend {
  const records = new Map<string, SQSRecord>();
  let bytes = 0;
  return {
    keep(message, record) {
      const key = keyOf(message, record.eventSourceARN);
      const known = records.get(key);
      if (known) return;
      records.set(key, record);
      bytes += record.body.length;
      for (const [oldest, { body }] of records) {
        if (bytes <= bytesMax) break;
        records.delete(oldest);
        bytes -= body.length;
      }
    },
    get: (message, queueArn) => records.get(keyOf(message, queueArn)),
  };
}

function keyOf({ id, source }: Named, queueArn: string): string {
  return JSON.stringify([queueArn, source, id]);
}

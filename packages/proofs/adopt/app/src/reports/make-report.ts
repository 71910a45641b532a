import type { SQSBatchResponse, SQSEvent } from "aws-lambda";

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed = Records.filter(({ body }) => !body.startsWith("report"));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

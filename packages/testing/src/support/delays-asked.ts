// The records that a handler asks SQS to hide, and for how long.
import type { ChangeMessageVisibilityBatchCommandInput } from "@aws-sdk/client-sqs";
import { sqs } from "@essentially-once/messaging/sqs-client";

export interface DelayAsked {
  readonly receiptHandle: string;
  readonly seconds: number;
}

/** Filled from now on, until the next call. */
export function delaysAsked(): DelayAsked[] {
  const delays: DelayAsked[] = [];
  sqs().middlewareStack.add(
    (next, { commandName }) =>
      function noteDelays(args) {
        if (commandName === "ChangeMessageVisibilityBatchCommand") {
          const { Entries = [] } = args.input as ChangeMessageVisibilityBatchCommandInput;
          for (const { ReceiptHandle = "", VisibilityTimeout = 0 } of Entries) {
            delays.push({ receiptHandle: ReceiptHandle, seconds: VisibilityTimeout });
          }
        }
        return next(args);
      },
    { name: "note-delays", step: "initialize", override: true },
  );
  return delays;
}

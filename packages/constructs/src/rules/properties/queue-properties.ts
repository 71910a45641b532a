// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
import { bodyBytesMax } from "@essentially-once/messaging/internal/envelope/caps";
import { deadLetterRetentionDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { free, oneOf, type PropertyTable, within } from "./property-rules.ts";

const day = 86_400;

export const queueProperties: PropertyTable = {
  kind: "queue",
  types: ["AWS::SQS::Queue"],
  properties: [
    oneOf("DelaySeconds", [undefined, 0], "every message arrives so many seconds late"),
    within(
      "MaximumMessageSize",
      { min: bodyBytesMax, max: bodyBytesMax, absent: bodyBytesMax },
      "SQS refuses a message that the outbox has accepted, and it is never sent",
    ),
    within(
      "MessageRetentionPeriod",
      { min: day, max: deadLetterRetentionDays * day, absent: 4 * day },
      "SQS deletes what an outage of a day leaves in the queue",
    ),
    within(
      "KmsDataKeyReusePeriodSeconds",
      { min: 60, max: day, absent: 300 },
      "SQS takes 60 seconds to a day, and the deployment fails",
    ),
    ...free(
      "QueueName", // fifo-name
      "VisibilityTimeout", // visibility-timeout
      "ReceiveMessageWaitTimeSeconds", // mappings poll as Lambda says
      "RedrivePolicy", // dead-letter-queue, max-receive-count
      "RedriveAllowPolicy", // redrive-allow-policy
      "FifoQueue", // dead-letter-kind
      "DeduplicationScope", // fifo-throughput
      "FifoThroughputLimit", // fifo-throughput
      "ContentBasedDeduplication", // fifo-deduplication
      "SqsManagedSseEnabled", // queue-encryption
      "KmsMasterKeyId", // customer-key
      "Tags",
    ),
  ],
};

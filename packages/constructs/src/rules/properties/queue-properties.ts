// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
import { bodyBytesMax } from "@essentially-once/messaging/internal/envelope/caps";
import { deadLetterRetentionDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { free, oneOf, type PropertyTable, within } from "./property-rules.ts";

const day = 86_400;

export const queueProperties: PropertyTable = {
  kind: "queue",
  types: ["AWS::SQS::Queue"],
  properties: [
    oneOf("DelaySeconds", [undefined, 0], "every message arrives that much later"),
    within(
      "MaximumMessageSize",
      { min: bodyBytesMax, max: bodyBytesMax, absent: bodyBytesMax },
      "SQS would refuse messages that the outbox has accepted",
    ),
    within(
      "MessageRetentionPeriod",
      { min: day, max: deadLetterRetentionDays * day, absent: 4 * day },
      "SQS would delete messages during an outage of one day",
    ),
    within(
      "KmsDataKeyReusePeriodSeconds",
      { min: 60, max: day, absent: 300 },
      "SQS accepts 60 seconds to a day; otherwise the deployment fails",
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

// AWS::SQS::Queue. A redrive policy names its dead-letter queue by reference, so that one exists first.

import { CreateQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { physicalName } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
const QUEUE_NAME_CHARACTERS_MAX = 80;

const properties = z.strictObject({
  QueueName: z.string().max(QUEUE_NAME_CHARACTERS_MAX).optional(),
  FifoQueue: z.boolean().optional(),
  ContentBasedDeduplication: z.boolean().optional(),
  DeduplicationScope: z.enum(["messageGroup", "queue"]).optional(),
  FifoThroughputLimit: z.enum(["perQueue", "perMessageGroupId"]).optional(),
  DelaySeconds: z.number().optional(),
  MaximumMessageSize: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  VisibilityTimeout: z.number().optional(),
  RedrivePolicy: z
    .strictObject({
      deadLetterTargetArn: z.string(),
      maxReceiveCount: z.coerce.number().int().min(1).max(1_000),
    })
    .optional(),
});

export const Queue = family({
  type: "AWS::SQS::Queue",
  properties,
  harmless: [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "RedriveAllowPolicy", // says which queues may, and in one account they are the ones that do
    "SqsManagedSseEnabled",
    "Tags",
  ],
  create,
});

async function create(
  { QueueName, RedrivePolicy, ...plain }: z.output<typeof properties>,
  site: Site,
): Promise<Created> {
  const { sqs } = site.clients;
  const { queueUrlsByArn } = site.deployed;
  if (RedrivePolicy && !queueUrlsByArn.has(RedrivePolicy.deadLetterTargetArn)) {
    throw new NotUnderstood(
      `RedrivePolicy.deadLetterTargetArn must be a queue of this app, got ${RedrivePolicy.deadLetterTargetArn}`,
    );
  }
  const name =
    QueueName ??
    physicalName(site, { charactersMax: QUEUE_NAME_CHARACTERS_MAX, suffix: plain.FifoQueue ? ".fifo" : "" });
  const { QueueUrl = "" } = await sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: {
        ...Object.fromEntries(Object.entries(plain).map(([attribute, value]) => [attribute, String(value)])),
        ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
      },
    }),
  );
  const url = urlAtEndpoint(QueueUrl, site.endpoints.sqs);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  const arn = Attributes?.QueueArn ?? "";
  queueUrlsByArn.set(arn, url);
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
}

/**
 * An engine's queue URL may name a host that does not resolve (`sqs.us-east-1.localhost`), and an SDK client sends
 * to the URL's host unless told otherwise; so the URL that functions see is at the endpoint itself.
 */
function urlAtEndpoint(queueUrl: string, endpoint: string): string {
  return new URL(new URL(queueUrl).pathname, endpoint).href;
}

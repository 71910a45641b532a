// AWS::S3::Bucket. Settings that protect a bucket or expire objects do not matter to objects that live as long as the process.
// Versioning and object locks would, and are refused. A notification sends messages to a queue of this app.

import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { LOCAL_REGION } from "../model/clients.ts";
import { physicalName } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME_CHARACTERS_MAX = 63;

const properties = z.strictObject({
  BucketName: z.string().max(BUCKET_NAME_CHARACTERS_MAX).optional(),
  NotificationConfiguration: z
    .strictObject({
      QueueConfigurations: z.array(
        z.strictObject({
          Event: z.string(),
          Queue: z.string(),
          Filter: z
            .strictObject({
              S3Key: z.strictObject({
                Rules: z.array(
                  z.strictObject({
                    Name: z
                      .string()
                      .toLowerCase()
                      .pipe(z.enum(["prefix", "suffix"])),
                    Value: z.string(),
                  }),
                ),
              }),
            })
            .optional(),
        }),
      ),
    })
    .optional(),
});

export const Bucket = family({
  type: "AWS::S3::Bucket",
  properties,
  harmless: [
    "BucketEncryption",
    "LifecycleConfiguration", // expiry is counted in days
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
  ],
  create,
});

async function create(
  { BucketName, NotificationConfiguration }: z.output<typeof properties>,
  site: Site,
): Promise<Created> {
  const name = BucketName ?? physicalName(site, { charactersMax: BUCKET_NAME_CHARACTERS_MAX }).toLowerCase();
  await site.clients.s3.send(new CreateBucketCommand({ Bucket: name }));
  for (const { Event, Queue, Filter } of NotificationConfiguration?.QueueConfigurations ?? []) {
    const queueUrl = site.deployed.queueUrlsByArn.get(Queue);
    if (queueUrl === undefined || queueUrl.endsWith(".fifo")) {
      throw new NotUnderstood(
        `NotificationConfiguration.QueueConfigurations.Queue: must be a standard queue of this app, got ${Queue}`,
      );
    }
    const affixes = Object.fromEntries((Filter?.S3Key.Rules ?? []).map(({ Name, Value }) => [Name, Value]));
    site.deployed.bucketNotifications.push({
      path: site.path,
      bucket: name,
      event: Event,
      ...affixes,
      queueUrl,
    });
  }
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${LOCAL_REGION}.amazonaws.com`,
    },
  };
}

// AWS::S3::Bucket. What protects a bucket or removes from it cannot matter to objects that live as long as the
// process; a version, a lock or a notification would, and is refused.

import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { z } from "zod";
import { LOCAL_REGION } from "../clients.ts";
import { physicalName } from "../names.ts";
import { type Created, family, type Site } from "./family.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME_CHARACTERS_MAX = 63;

const properties = z.strictObject({ BucketName: z.string().max(BUCKET_NAME_CHARACTERS_MAX).optional() });

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

async function create({ BucketName }: z.output<typeof properties>, site: Site): Promise<Created> {
  const name = BucketName ?? physicalName(site, { charactersMax: BUCKET_NAME_CHARACTERS_MAX }).toLowerCase();
  await site.clients.s3.send(new CreateBucketCommand({ Bucket: name }));
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${LOCAL_REGION}.amazonaws.com`,
    },
  };
}

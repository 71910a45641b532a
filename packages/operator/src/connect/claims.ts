// The claim-check store, for commands that show data that a message refers to.

import { S3Client } from "@aws-sdk/client-s3";
import { type ClaimStore, claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import type { Connection } from "./connection.ts";
import { outputNamed } from "./outputs.ts";

/** Undefined for a deployment without a claim-check bucket. */
export function claimBucketOf({ outputs }: Pick<Connection, "outputs">): string | undefined {
  return outputNamed(outputs, "ClaimCheckBucket");
}

/** Undefined for a deployment without a claim-check bucket. */
export function claimsOf(connection: Connection): ClaimStore | undefined {
  const bucket = claimBucketOf(connection);
  return bucket === undefined ? undefined : claimStore({ bucket, client: s3Of(connection) });
}

export function s3Of({ local }: Pick<Connection, "local">): S3Client {
  const { endpoints, ...shared } = local;
  const { s3: endpoint } = endpoints;
  return new S3Client({ ...shared, ...(endpoint && { endpoint, forcePathStyle: true }) });
}

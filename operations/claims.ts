// The store of claim checks, for a look at data that travels by reference.

import { S3Client } from "@aws-sdk/client-s3";
import { type ClaimStore, claimStore } from "../functions/messaging/claim-store.ts";
import type { Connection } from "./connection.ts";
import { outputNamed } from "./outputs.ts";

/** Undefined for a deployment without a claim-check bucket. */
export function claimsOf({ outputs, local }: Connection): ClaimStore | undefined {
  const bucket = outputNamed(outputs, "ClaimCheckBucket");
  if (bucket === undefined) return undefined;
  const { endpoints, ...shared } = local;
  const { s3: endpoint } = endpoints;
  return claimStore({
    bucket,
    client: new S3Client({ ...shared, ...(endpoint && { endpoint, forcePathStyle: true }) }),
  });
}

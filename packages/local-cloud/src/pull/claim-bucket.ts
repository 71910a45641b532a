// The claim-check bucket of the stage, under its own name in the engine of this machine.
//
//   A message refers to its data by the name of the bucket, and its evidence is held against that reference: neither may change.

import { CreateBucketCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Park, RetryLater } from "@essentially-once/messaging/outcome";
import { claimBucketOf, claimsOf } from "@essentially-once/operator/internal/connect/claims";
import type { Connection, Outputs } from "@essentially-once/operator/internal/connect/connection";
import { UsageError } from "@essentially-once/operator/usage-error";
import type { LocalFunction } from "../model/model.ts";
import type { SeenRequest } from "../permissions/requests/request.ts";

export interface ClaimBucket {
  /** Puts what the message refers to where its handler looks for it. @throws UsageError when it cannot be had */
  bring(dataref: string): Promise<void>;
  /** The function, using the bucket by the name that it has on the stage. */
  usedBy(fn: LocalFunction): LocalFunction;
  /** The request as roles of this machine know it. */
  judged(request: SeenRequest): SeenRequest;
}

export async function claimBucket(
  stage: Connection,
  local: { readonly outputs: Outputs; readonly s3: S3Client },
): Promise<ClaimBucket> {
  const [there, here] = [claimBucketOf(stage), claimBucketOf(local)];
  const isOther = there !== undefined && here !== undefined && there !== here;
  if (isOther) await local.s3.send(new CreateBucketCommand({ Bucket: there }));
  return {
    async bring(dataref) {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(dataref) ?? [];
      const Body = await claimsOf(stage)?.get(dataref).catch(cannot);
      if (Body !== undefined) await local.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    usedBy(fn) {
      if (!isOther) return fn;
      const environment = Object.entries(fn.environment).map(([name, value]) => [
        name,
        value === here ? there : value,
      ]);
      return { ...fn, environment: Object.fromEntries(environment) };
    },
    judged(request) {
      if (!isOther) return request;
      const rename = (path: string) =>
        path.replace(/^(\/?)([^/]+)/, (all, slash, name) => (name === there ? `${slash}${here}` : all));
      const url = new URL(request.url);
      url.pathname = rename(url.pathname);
      const source = request.headers["x-amz-copy-source"];
      const headers = typeof source === "string" ? { "x-amz-copy-source": rename(source) } : {};
      return { ...request, url, headers: { ...request.headers, ...headers } };
    },
  };
}

/** A reference that leads nowhere is the handler's to refuse, as on the stage. */
function cannot(error: unknown): undefined {
  if (error instanceof Park) return undefined;
  const cause = error instanceof RetryLater ? error.cause : error;
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  throw new UsageError(
    `Its data in the claim-check bucket could not be read: ${why}. It needs s3:GetObject.`,
    {
      cause,
    },
  );
}

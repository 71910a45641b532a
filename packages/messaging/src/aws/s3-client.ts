// The S3 client of this process, apart from the others so that only who imports this file loads it.
import { S3Client } from "@aws-sdk/client-s3";
import { attemptsMax, http } from "./clients.ts";
import { watched } from "./in-flight.ts";

let s3Client: S3Client | undefined;

export function s3(): S3Client {
  s3Client ??= watched(
    new S3Client({
      maxAttempts: attemptsMax,
      requestHandler: http,
      // Buckets as subdomains need a DNS that only AWS has; at any other endpoint they are paths.
      forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL),
      responseChecksumValidation: "WHEN_REQUIRED", // claim-store.ts holds the bytes against their name
    }),
  );
  return s3Client;
}

// What the kit loads when a body does not fit beside its reason: see packages/messaging/src/receive/parked-body.ts.
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client({});

// biome-ignore lint/suspicious/noExplicitAny: never run; it keeps what it names in the bundle
export function objects(event: any): unknown[] {
  return [s3.send(new PutObjectCommand(event)), s3.send(new GetObjectCommand(event))];
}

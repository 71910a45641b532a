// The objects of the claim-check bucket. Loaded when the first large message comes by: a function that may meet one
// does not pay for the S3 client at its cold start.
//
//   G11. Nothing larger than `claimBytesMax` is read, and a body that does not come is given up.
import { addAbortSignal, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CopyObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { s3 } from "../aws/s3-client.ts";
import { claimBytesMax } from "../envelope/caps.ts";
import { claimTooLarge } from "../envelope/claim-place.ts";

export interface ClaimObjects {
  /** @param sha256 of the bytes, in base64: S3 refuses what arrived altered */
  put(object: { readonly key: string; readonly bytes: Buffer; readonly sha256: string }): Promise<void>;
  /** Undefined when there is no such object. @throws Park TOO_LARGE, or what S3 throws */
  get(key: string): Promise<Buffer | undefined>;
  /** False when there is no such object. */
  copy(from: string, to: string): Promise<boolean>;
}

/** How long the body of an object may take once its headers are here. */
const bodyMsMax = 2_000;

export function claimObjects(bucket: string, client: S3Client = s3()): ClaimObjects {
  return {
    async put({ key: Key, bytes: Body, sha256: ChecksumSHA256 }) {
      // Without a condition: an object that is there already begins its life anew.
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: "application/json", ChecksumSHA256 }),
      );
    },
    async get(Key) {
      const object = await unlessMissing(client.send(new GetObjectCommand({ Bucket: bucket, Key })));
      return object && bytesOf(object);
    },
    async copy(from, Key) {
      const CopySource = `${bucket}/${from}`;
      const copied = await unlessMissing(
        client.send(new CopyObjectCommand({ Bucket: bucket, Key, CopySource })),
      );
      return copied !== undefined;
    },
  };
}

/** The length is that of the HTTP body, which cannot become longer. */
async function bytesOf({ Body, ContentLength }: GetObjectCommandOutput): Promise<Buffer> {
  if (!(Body instanceof Readable)) throw new Error("the SDK must return a stream in Node");
  if (ContentLength === undefined || ContentLength > claimBytesMax) {
    Body.destroy();
    throw claimTooLarge(ContentLength ?? Number.POSITIVE_INFINITY);
  }
  return buffer(addAbortSignal(AbortSignal.timeout(bodyMsMax), Body));
}

/** Without the permission to list the bucket S3 answers 403 to a missing object, which is no answer. */
async function unlessMissing<Output>(answer: Promise<Output>): Promise<Output | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return undefined;
    throw error;
  }
}

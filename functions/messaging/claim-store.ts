// Where data waits that is too large to travel: an object in the claim-check bucket, named after its own bytes.
//
//   G2. A run that is repeated puts the same object to the same place.
//   G7. What is read is what was put: the name is the hash, and the bytes are held against it. Only names in this
//   bucket are looked up; no message decides where a function connects to.
//   G11. Nothing larger than `claimBytesMax` is put or read, and a body that does not come is given up.
import { addAbortSignal, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  CopyObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { claimBytesMax } from "./caps.ts";
import { claimIdIn, datarefOf, keptPrefix, travelPrefix } from "./claim-place.ts";
import { s3 } from "./clients.ts";
import { environment } from "./environment.ts";
import { contentId } from "./ids.ts";
import { log } from "./log.ts";
import { Park, RetryLater } from "./outcome.ts";

export interface ClaimStore {
  /** Puts a text of JSON and returns its `dataref`. @throws Park TOO_LARGE, RetryLater CLAIM_CHECK_UNAVAILABLE */
  put(json: string): Promise<string>;
  /**
   * The text behind a `dataref`.
   * @throws Park DATAREF_FOREIGN, DATAREF_MISSING, DATAREF_ALTERED, TOO_LARGE, RetryLater CLAIM_CHECK_UNAVAILABLE
   */
  get(dataref: string): Promise<string>;
  /** Copies the object to where it does not expire, for a journal that refers to it. */
  keep(dataref: string): Promise<void>;
}

export interface ClaimStoreOptions {
  /** By default what CLAIM_CHECK_BUCKET names. */
  readonly bucket?: string;
  readonly client?: S3Client;
}

/** How long the body of an object may take once its headers are here. */
const bodyMsMax = 2_000;

export function claimStore(options: ClaimStoreOptions = {}): ClaimStore {
  const bucket = options.bucket ?? environment("CLAIM_CHECK_BUCKET");
  const client = () => options.client ?? s3();

  return {
    async put(json) {
      const bytes = Buffer.from(json);
      if (bytes.length > claimBytesMax) throw tooLarge(bytes.length);
      const id = contentId(bytes);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: `${travelPrefix}${id}`, // without a condition: an object that is there already begins its life anew
        Body: bytes,
        ContentType: "application/json",
        ChecksumSHA256: Buffer.from(id, "base64url").toString("base64"), // S3 refuses what arrived altered
      });
      await client().send(command).catch(unavailable);
      return datarefOf({ bucket, id });
    },

    async get(dataref) {
      const id = claimIdIn(dataref, bucket);
      if (id === undefined) throw new Park("DATAREF_FOREIGN", "dataref must name a claim in our own bucket");
      const object = (await read(`${travelPrefix}${id}`)) ?? (await read(`${keptPrefix}${id}`));
      if (object === undefined) throw new Park("DATAREF_MISSING", `no object ${id} in ${bucket}`);
      const bytes = await bytesOf(object).catch(unavailable);
      if (contentId(bytes) !== id)
        throw new Park("DATAREF_ALTERED", `object ${id} is not what was put there`);
      return bytes.toString();
    },

    async keep(dataref) {
      const id = claimIdIn(dataref, bucket);
      if (id === undefined) return; // its consumers will park it
      const CopySource = `${bucket}/${travelPrefix}${id}`;
      try {
        await client().send(new CopyObjectCommand({ Bucket: bucket, Key: `${keptPrefix}${id}`, CopySource }));
      } catch (error) {
        if (!isMissing(error)) throw error;
        log("error", "CLAIM_MISSING", { dataref }); // its readers park it: nothing that waits here would help them
      }
    },
  };

  async function read(Key: string): Promise<GetObjectCommandOutput | undefined> {
    try {
      return await client().send(new GetObjectCommand({ Bucket: bucket, Key }));
    } catch (error) {
      return isMissing(error) ? undefined : unavailable(error);
    }
  }
}

/** The length is that of the HTTP body, which cannot become longer. */
async function bytesOf({ Body, ContentLength }: GetObjectCommandOutput): Promise<Buffer> {
  if (!(Body instanceof Readable)) throw new Error("the SDK must give a stream in Node");
  if (ContentLength === undefined || ContentLength > claimBytesMax) {
    Body.destroy();
    throw tooLarge(ContentLength ?? Number.POSITIVE_INFINITY);
  }
  return buffer(addAbortSignal(AbortSignal.timeout(bodyMsMax), Body));
}

/** Without the permission to list the bucket S3 answers 403 to this, which is no answer. */
function isMissing(error: unknown): boolean {
  return error instanceof NoSuchKey || (error instanceof Error && error.name === "NoSuchKey");
}

function tooLarge(bytes: number): Park {
  return new Park("TOO_LARGE", `${bytes} bytes of data, at most ${claimBytesMax}`);
}

function unavailable(error: unknown): never {
  if (error instanceof Park) throw error;
  throw new RetryLater("CLAIM_CHECK_UNAVAILABLE", undefined, { cause: error });
}

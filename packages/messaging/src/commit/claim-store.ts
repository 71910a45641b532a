// Where data waits that is too large to travel: an object in the claim-check bucket, named after its own bytes.
//
//   G2. A run that is repeated puts the same object to the same place.
//   G7. What is read is what was put: the name is the hash, and the bytes are held against it. Only names in this
//   bucket are looked up; no message decides where a function connects to.
//   G11. Nothing larger than `claimBytesMax` is put or read.
import { isUtf8 } from "node:buffer";
import type { S3Client } from "@aws-sdk/client-s3";
import { environment } from "../core/environment.ts";
import { contentId } from "../core/ids.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { isWait } from "../core/waits.ts";
import { claimBytesMax } from "../envelope/caps.ts";
import { claimIdIn, claimTooLarge, datarefOf, keptPrefix, travelPrefix } from "../envelope/claim-place.ts";
import { log } from "../observe/log.ts";
import type { ClaimObjects } from "./claim-objects.ts";

export interface ClaimStore {
  /** Puts a text of JSON and returns its `dataref`. @throws Park TOO_LARGE, RetryLater CLAIM_CHECK_UNAVAILABLE */
  put(json: string): Promise<string>;
  /**
   * The text behind a `dataref`.
   * @throws Park DATAREF_FOREIGN, DATAREF_MISSING, DATAREF_ALTERED, NOT_JSON, TOO_LARGE, RetryLater CLAIM_CHECK_UNAVAILABLE
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

export function claimStore(options: ClaimStoreOptions = {}): ClaimStore {
  const bucket = options.bucket ?? environment("CLAIM_CHECK_BUCKET");
  let loaded: Promise<ClaimObjects> | undefined;

  return {
    async put(json) {
      const bytes = Buffer.from(json);
      if (bytes.length > claimBytesMax) throw claimTooLarge(bytes.length);
      const id = contentId(bytes);
      const sha256 = Buffer.from(id, "base64url").toString("base64");
      const { put } = await objects();
      await put({ key: `${travelPrefix}${id}`, bytes, sha256 }).catch(unavailable);
      return datarefOf({ bucket, id });
    },

    async get(dataref) {
      const id = claimIdIn(dataref, bucket);
      if (id === undefined)
        throw new Park(
          "DATAREF_FOREIGN",
          "dataref must name a claim-check object in this deployment's bucket",
        );
      const { get } = await objects();
      const bytes =
        (await get(`${travelPrefix}${id}`).catch(unavailable)) ??
        (await get(`${keptPrefix}${id}`).catch(unavailable));
      if (bytes === undefined) throw new Park("DATAREF_MISSING", `no object ${id} in ${bucket}`);
      if (contentId(bytes) !== id) throw new Park("DATAREF_ALTERED", `object ${id} does not match its hash`);
      if (!isUtf8(bytes)) throw new Park("NOT_JSON", `object ${id} is not UTF-8`); // other bytes would become other text
      return bytes.toString();
    },

    async keep(dataref) {
      const id = claimIdIn(dataref, bucket);
      if (id === undefined) return; // its consumers will park it
      const { copy } = await objects();
      const isThere = await copy(`${travelPrefix}${id}`, `${keptPrefix}${id}`);
      // Its readers park it: nothing that waits here would help them.
      if (!isThere) log("error", "CLAIM_MISSING", { dataref });
    },
  };

  async function objects(): Promise<ClaimObjects> {
    loaded ??= import("./claim-objects.ts").then(({ claimObjects }) => claimObjects(bucket, options.client));
    return loaded;
  }
}

async function unavailable(error: unknown): Promise<never> {
  const { permanentReason } = await import("../aws/permanent.ts");
  const reason = permanentReason(error); // a bucket that does not exist, an object that is too large
  if (reason) throw reason;
  throw new RetryLater("CLAIM_CHECK_UNAVAILABLE", undefined, { cause: error, waited: isWait(error) });
}

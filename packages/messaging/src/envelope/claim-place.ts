// The keys of claim-check objects in S3 (a key is the hash of the content), the references to them, and their maximum size.

import { Park } from "../core/outcome.ts";
import { claimBytesMax } from "./caps.ts";

/** Below it objects expire, so that what a failed commit left behind goes by itself. */
export const travelPrefix = "claims/";
/** Below it they stay, for as long as the journal that refers to them. */
export const keptPrefix = "kept/";
/** Below it are messages that are parked as a stub (parked-body.ts), by queue; they expire after SQS has forgotten the stubs. */
export const parkedPrefix = "parked/";

/** @param id the `contentId` of what is there */
export function datarefOf({ bucket, id }: { bucket: string; id: string }): string {
  return `s3://${bucket}/${travelPrefix}${id}`;
}

/** The id in a reference to this bucket; undefined for whatever else somebody wrote there. */
export function claimIdIn(dataref: string, bucket: string): string | undefined {
  const [, named, id] = /^s3:\/\/([^/]+)\/claims\/([\w-]{43})$/.exec(dataref) ?? [];
  return named === bucket ? id : undefined;
}

export function claimTooLarge(bytes: number): Park {
  return new Park("TOO_LARGE", `${bytes} bytes of data, at most ${claimBytesMax}`);
}

// Restores the message of a dead letter that is a stub; see parked-body.ts. If its message cannot be read, it stays a stub
// and says why: it can be shown and discarded, but not sent.

import type { S3Client } from "@aws-sdk/client-s3";
import type { Message } from "@aws-sdk/client-sqs";
import { isParkedByKit } from "@essentially-once/messaging/internal/receive/park-attributes";
import { isStub, restored } from "@essentially-once/messaging/internal/receive/parked-body";
import { Park } from "@essentially-once/messaging/outcome";

export type Restore = (message: Message) => Promise<Message>;

interface Unrestored extends Message {
  readonly unrestored: string;
}

export function restorer(place: { readonly bucket: string; readonly client: S3Client }): Restore {
  return async function restore(message) {
    if (!isStubOfTheKit(message)) return message;
    try {
      return await restored(message, place);
    } catch (error) {
      const unrestored = error instanceof Park ? `${error.code}: ${error.detail}` : nameOf(error);
      return { ...message, unrestored } satisfies Unrestored;
    }
  };
}

/** Why the message of a stub could not be had; undefined for what is whole. */
export function unrestoredOf(message: Message): string | undefined {
  if ("unrestored" in message) return (message as Unrestored).unrestored;
  return isStubOfTheKit(message) ? "this deployment has no bucket for it" : undefined;
}

function isStubOfTheKit(message: Message): boolean {
  return isParkedByKit(message) && isStub(message);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

// Whether a dead letter is authentic: checks its signature against the keys of the deployment, as its consumer does.
//
//   G7. A sender can write any id into a message. A command may write evidence under that id, or change the hold list of
//   its group, only for an authentic message. Otherwise a forgery could suppress or release the genuine message.
//   docs/adr/0023-operator-commands-verify-signatures.md

import type { Envelope } from "@essentially-once/messaging/envelope";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { KeyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { verify } from "@essentially-once/messaging/internal/trust/signature";
import { RetryLater } from "@essentially-once/messaging/outcome";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, envelopeOf } from "./dead-letter.ts";
import { messageIn } from "./evidence.ts";

export type Authenticity =
  | { readonly kind: "valid"; readonly keyId: string }
  /** It has a signature, but no holder of the key made it for this text and this queue. */
  | { readonly kind: "invalid" }
  /** Signed with a key that is not, or not any more, among the keys. */
  | { readonly kind: "withdrawn"; readonly keyId: string }
  | { readonly kind: "none" }
  /** Nothing is signed in this deployment, or not in this queue: its contract says that other programs fill it. */
  | { readonly kind: "unsigned" }
  /** The keys could not be read. */
  | { readonly kind: "unknown"; readonly why: string };

/** @param keys those of the deployment; undefined where nothing is signed */
export async function authenticityOf(
  keys: KeyRing | undefined,
  { queueUrl, from }: Pick<ConsumerQueue, "queueUrl" | "from">,
  { body, copies }: Pick<DeadLetter, "body" | "copies">,
): Promise<Authenticity> {
  if (keys === undefined || from !== undefined) return { kind: "unsigned" };
  const text = cameWith(copies[0] ?? {}).Signature?.StringValue;
  if (text === undefined) return { kind: "none" };
  const envelope = signedIn(body);
  const keyId = /^v1\.([\w-]{1,64})\.[\w-]{43}$/.exec(text)?.[1];
  if (keyId === undefined || envelope === undefined) return { kind: "invalid" };
  try {
    const key = await keys.find(keyId);
    if (key === undefined) return { kind: "withdrawn", keyId };
    const queueName = queueUrl.split("/").at(-1) ?? "";
    return verify(text, { body, envelope, queueName }, key) ? { kind: "valid", keyId } : { kind: "invalid" };
  } catch (error) {
    if (!(error instanceof RetryLater)) throw error;
    const { cause } = error;
    return { kind: "unknown", why: cause instanceof Error ? cause.name : error.code };
  }
}

/**
 * `genuine`: a copy of it may take effect, and it is whose it says. `forged`: no copy of it ever takes effect.
 * `unverified`: nothing says either.
 */
export type Standing = "genuine" | "forged" | "unverified";

export function standingOf(authenticity: Authenticity, { notes }: Pick<DeadLetter, "notes">): Standing {
  switch (authenticity.kind) {
    case "valid":
    case "unsigned":
      return "genuine";
    case "invalid":
    case "withdrawn":
      return "forged";
    case "none":
      if (notes?.reason === "SIGNATURE_MISSING") return "forged";
      // Its consumer looked at the signature first and went on: it takes what is not signed.
      return notes !== undefined && !beforeTheSignature.has(notes.reason) ? "genuine" : "unverified";
    case "unknown":
      return "unverified";
  }
}

/**
 * Reasons that say nothing about the signature: a consumer comes to them before it looks, without looking, or wherever it
 * was. Each other code of the kit, and of a handler, is given after the guards.
 */
export const beforeTheSignature: ReadonlySet<string> = new Set([
  "SIGNATURE_INVALID",
  ...["HELD", "RETRIES_EXHAUSTED", "WAITED_TOO_LONG", "RUN_UNFINISHED", "RECEIVES_EXHAUSTED"],
  ...["REQUEST_REFUSED", "RESOURCE_UNKNOWN"],
  ...["NOT_JSON", "NUMBER_INEXACT", "DATA_NOT_JSON", "ENVELOPE_INVALID", "TIME_INVALID"],
  ...["TOO_LARGE", "TOO_DEEP", "TOO_MANY_KEYS", "TOO_MANY_VALUES", "ARRAY_TOO_LONG", "KEY_FORBIDDEN"],
  ...["ID_MISSING", "ID_INVALID", "FORM_INVALID", "SUBSCRIPTION_UNCONFIRMED", "SEVERAL_RECORDS"],
]);

/** What is signed of a message, also of one that no consumer reads today: another release had other bounds. */
function signedIn(body: string): Pick<Envelope, "id" | "source" | "type" | "time"> | undefined {
  const message = messageIn(body);
  if (message !== undefined) return message;
  const { id, source, type, time } = envelopeOf(body);
  const isSigned = id !== undefined && source !== undefined && type !== undefined && time !== undefined;
  return isSigned ? { id, source, type, time } : undefined;
}

/** For people: `show` and `list`. */
export function authenticityText(authenticity: Authenticity): string {
  switch (authenticity.kind) {
    case "valid":
      return `valid, by key ${authenticity.keyId}`;
    case "invalid":
      return "INVALID: the signature does not match this message and queue";
    case "withdrawn":
      return `INVALID: key ${authenticity.keyId} is not (or no longer) in the secret`;
    case "none":
      return "none";
    case "unsigned":
      return "not signed: this deployment or this queue does not use signatures";
    case "unknown":
      return `not checked: the signing keys could not be read (${authenticity.why})`;
  }
}

// The signature of a message: a keyed hash beside the body that shows who wrote it, for which queue, and that it was not
// changed since.
//
//   G7. A message that was altered in transit, forged, or replayed to another queue takes no effect.
//
// The hash covers the exact text and, apart from it, the values that the consumer acts on: the queue, id, source, type
// and time. The age gate does the expiry: the time that it reads is a signed one.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Delivery, MessageMiddleware } from "../commit/delivery.ts";
import type { OutboxMessage } from "../commit/outbox.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { askAgainMs, type Key, type KeyRing } from "./key-ring.ts";
import { signingKeys } from "./signing-keys.ts";

export interface SignatureOptions {
  /** By default the keys in the secret that SIGNING_SECRET_ARN names. */
  readonly keys?: KeyRing;
  /**
   * `required`, as it is unless said otherwise, parks what has no signature or a wrong one; `accepted` parks only a
   * wrong one, for the time in which not every producer signs; `off` does not look.
   */
  readonly policy?: SignaturePolicy;
}

export type SignaturePolicy = "required" | "accepted" | "off";

/**
 * Lets through what a holder of a key sent to this queue. Use it first: nothing else should see a forgery.
 * ```ts
 * consumer(reserveCredit).use(signature())
 * ```
 */
export function signature({ policy = "required", ...options }: SignatureOptions = {}): MessageMiddleware {
  if (!policies.includes(policy)) {
    throw new Error(`policy must be one of ${policies.join(", ")}, got ${JSON.stringify(policy)}`);
  }
  if (policy === "off") return { before: () => undefined };
  let { keys } = options;
  return {
    relayed: ring, // a missing variable fails the deployment, and not the first message
    authenticate: verifyDelivery,
    before: ({ event }) => verifyDelivery(event),
  };

  function ring(): KeyRing {
    keys ??= signingKeys();
    return keys;
  }

  async function verifyDelivery({ message, sqsMessage }: Delivery): Promise<void> {
    const text = sqsMessage?.attributes[attributeName];
    if (sqsMessage === undefined || text === undefined) {
      if (policy === "accepted") return;
      throw new Park("SIGNATURE_MISSING", `no message attribute ${attributeName}`);
    }
    const keyId = keyIdOf(text);
    if (keyId === undefined) throw new Park("SIGNATURE_INVALID", "not of the form v1.<keyId>.<mac>");
    const key = await ring().find(keyId);
    if (key === undefined) throw unknown(keyId, sqsMessage.receiveCount);
    const signed = { body: sqsMessage.body, envelope: message, queueName: sqsMessage.queueName };
    if (!verify(text, signed, key)) {
      throw new Park(
        "SIGNATURE_INVALID",
        `key ${keyId} did not sign this message for ${sqsMessage.queueName}`,
      );
    }
  }
}

/** Gives the message attributes that go beside a message to a queue. */
export type Sign = (message: OutboxMessage, queueUrl: string) => Promise<Readonly<Record<string, string>>>;

/**
 * What a publisher signs with. Throws RetryLater KEYS_UNAVAILABLE: unsigned, nothing is sent.
 * ```ts
 * const outbox = publisher({ outboxTable, routes, sign: signer() });
 * ```
 */
export function signer({ keys = signingKeys() }: Pick<SignatureOptions, "keys"> = {}): Sign {
  return async function signForQueue({ body, envelope }, queueUrl) {
    const queueName = new URL(queueUrl).pathname.split("/").at(-1) ?? "";
    return { [attributeName]: sign({ body, envelope, queueName }, await keys.current()) };
  };
}

/** The values that a signature protects. */
export interface Signed {
  /** The exact text of the message. */
  readonly body: string;
  /** What the consumer reads from it. */
  readonly envelope: Pick<Envelope, "id" | "source" | "type" | "time">;
  /** The queue it is meant for: the last part of its URL and of its ARN. */
  readonly queueName: string;
}

/** `v1.<keyId>.<mac>`, the mac in base64url. */
export function sign(signed: Signed, key: Key): string {
  return `${version}.${key.id}.${macOf(signed, key)}`;
}

/** Whether `sign` gave this text for this message and key. Takes as long whatever the texts share. */
export function verify(text: string, signed: Signed, key: Key): boolean {
  // The text is compared and not what it decodes to: base64url has several spellings for the same bytes.
  const given = Buffer.from(text);
  const expected = Buffer.from(sign(signed, key));
  // A lone surrogate has no bytes of its own: it would be hashed as the character that replaces it.
  return signed.body.isWellFormed() && given.length === expected.length && timingSafeEqual(given, expected);
}

const attributeName = "Signature";
const version = "v1";
const policies: readonly SignaturePolicy[] = ["required", "accepted", "off"];

/**
 * Somebody may know a key that we do not know yet. A key is in the store for more than an hour before it signs, so what the store
 * does not have after it was asked for twice more is nobody's, and keeps its group waiting no longer.
 */
function unknown(keyId: string, receiveCount: number): Error {
  const lastly = new Park("SIGNATURE_INVALID", `key ${keyId} is not in the secret`);
  return receiveCount > 2 ? lastly : new RetryLater("KEY_UNKNOWN", askAgainMs / 1_000, { lastly });
}

function keyIdOf(text: string): string | undefined {
  return /^v1\.([\w-]{1,64})\.[\w-]{43}$/.exec(text)?.[1];
}

function macOf({ body, envelope: { id, source, type, time }, queueName }: Signed, key: Key): string {
  // One line of JSON, then the body: no two messages give the same text.
  const head = JSON.stringify([version, key.id, queueName, source, id, type, time]);
  return createHmac("sha256", key.secret).update(head).update("\n").update(body).digest("base64url");
}

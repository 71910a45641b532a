// The text of the signing secret, in one of two forms:
//
//   { "keys": { "k1": { "secret": "<base64>", "signsFrom": "2026-01-01T00:00:00.000Z" }, "k2": … } }
//   { "current": "k1", "k1": "<any text>" }    the first one, as CloudFormation generates it
//
// The key that signs is the one that began last. A new one begins some time after it is written, so that by then
// everybody has read it; see key-rotation.ts.
import { createSecretKey, randomBytes } from "node:crypto";
import { type Key, type Keys, KeysInvalid } from "./key-ring.ts";

/** One key as the secret has it. */
export interface KeyEntry {
  readonly id: string;
  /** Base64. */
  readonly secret: string;
  readonly signsFromMs: number;
}

/** As long as the hash: https://www.rfc-editor.org/rfc/rfc2104#section-3 */
const keyBytesMin = 32;
const keyIdPattern = /^[\w-]{1,64}$/;

/** @throws KeysInvalid saying what is wrong with the secret */
export function readKeys(text: string): Keys {
  const entries = readKeyEntries(text);
  const keys = entries.map(({ id, secret, signsFromMs }) => ({
    key: { id, secret: createSecretKey(Buffer.from(secret, "base64")) },
    signsFromMs,
  }));
  const first = keys[0]?.key as Key; // there is one at least
  return {
    byId: new Map(keys.map(({ key }) => [key.id, key])),
    signingAt: (nowMs) => keys.findLast(({ signsFromMs }) => signsFromMs <= nowMs)?.key ?? first,
  };
}

/**
 * The keys in the order in which they begin to sign.
 * @throws KeysInvalid saying what is wrong with the secret
 */
export function readKeyEntries(text: string): [KeyEntry, ...KeyEntry[]] {
  const secret = objectOf(parse(text), "the secret");
  const entries = "keys" in secret ? fullForm(secret.keys) : firstForm(secret);
  const [first, ...others] = entries.sort((a, b) => a.signsFromMs - b.signsFromMs);
  if (first === undefined) throw new KeysInvalid('"keys" must have at least one key, got none');
  return [first, ...others];
}

/** The text that `readKeyEntries` reads. */
export function writeKeyEntries(entries: readonly KeyEntry[]): string {
  const keys = entries.map(({ id, secret, signsFromMs }) => [
    id,
    { secret, signsFrom: new Date(signsFromMs).toISOString() },
  ]);
  return JSON.stringify({ keys: Object.fromEntries(keys) });
}

/** A key that nobody has seen. */
export function newKey(id: string, { signsFromMs }: { signsFromMs: number }): KeyEntry {
  return { id, secret: randomBytes(keyBytesMin).toString("base64"), signsFromMs };
}

function fullForm(keys: unknown): KeyEntry[] {
  return Object.entries(objectOf(keys, '"keys"')).map(([id, value]) => {
    const { secret, signsFrom } = objectOf(value, `the key ${namedSafely(id)}`);
    const signsFromMs = typeof signsFrom === "string" ? Date.parse(signsFrom) : Number.NaN;
    if (Number.isNaN(signsFromMs)) {
      throw new KeysInvalid(`"signsFrom" of the key ${namedSafely(id)} must be a date and time of RFC 3339`);
    }
    return entryOf(id, secret, signsFromMs);
  });
}

/** CloudFormation can add one generated text to an object, and no time. */
function firstForm({ current, ...keys }: Record<string, unknown>): KeyEntry[] {
  const ids = Object.keys(keys);
  const [id] = ids;
  if (id === undefined || id !== current || ids.length > 1) {
    throw new KeysInvalid(
      `the secret must have "keys", or "current" and the key it names, got ${ids.length} keys`,
    );
  }
  const password = keys[id];
  if (typeof password !== "string") throw new KeysInvalid(`the key ${namedSafely(id)} must be a string`);
  return [entryOf(id, Buffer.from(password).toString("base64"), 0)];
}

function entryOf(id: string, secret: unknown, signsFromMs: number): KeyEntry {
  const name = namedSafely(id);
  if (typeof secret !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(secret)) {
    throw new KeysInvalid(`the key ${name} must be base64`);
  }
  const { length } = Buffer.from(secret, "base64");
  if (length < keyBytesMin) {
    throw new KeysInvalid(`the key ${name} must have at least ${keyBytesMin} bytes, got ${length}`);
  }
  return { id, secret, signsFromMs };
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new KeysInvalid(`${what} must be an object`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause of a syntax error quotes the text, which is a secret.
    throw new KeysInvalid(`the secret must be JSON, got ${text.length} other characters`);
  }
}

/** Who puts a key in the place of an id must not find it in a log. */
function namedSafely(id: string): string {
  if (keyIdPattern.test(id) && id.length < idLengthShownMax) return id;
  if (keyIdPattern.test(id)) return `of ${id.length} characters`;
  throw new KeysInvalid(`a key id must be 1 to 64 letters, digits, - or _, got ${id.length} characters`);
}

/** 32 bytes have 43 characters of base64. */
const idLengthShownMax = 40;

// The text of the signing secret: `{ "current": "k2", "keys": { "k1": "<base64>", "k2": "<base64>" } }`.
// To rotate, add a key and make it current; take the old one out when no message that it signed is left.
import { createSecretKey, randomBytes } from "node:crypto";
import type { Key, Keys } from "./key-ring.ts";

/** The secret is not of the form above. The message names ids and lengths, never a key. */
export class KeysInvalid extends Error {
  override readonly name = "KeysInvalid";
}

/** As long as the hash: https://www.rfc-editor.org/rfc/rfc2104#section-3 */
const keyBytesMin = 32;
const keyIdPattern = /^[\w-]{1,64}$/;

/** @throws KeysInvalid saying what is wrong with the secret */
export function readKeys(text: string): Keys {
  const { current: currentId, keys } = objectOf(parse(text), "the secret");
  const byId = new Map(Object.entries(objectOf(keys, '"keys"')).map(([id, value]) => [id, keyOf(id, value)]));
  const current = typeof currentId === "string" ? byId.get(currentId) : undefined;
  if (current === undefined) {
    const ids = [...byId.keys()].join(", ") || "none";
    throw new KeysInvalid(`"current" must be the id of one of the keys (${ids}), got ${lengthOf(currentId)}`);
  }
  return { current, byId };
}

/** The text of a secret with one new key: for a first deployment, and for the local cloud. */
export function newKeys(id: string): string {
  return JSON.stringify({ current: id, keys: { [id]: randomBytes(keyBytesMin).toString("base64") } });
}

function keyOf(id: string, value: unknown): Key {
  if (!keyIdPattern.test(id)) {
    throw new KeysInvalid(`a key id must be 1 to 64 letters, digits, - or _, got ${lengthOf(id)}`);
  }
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw new KeysInvalid(`the key ${id} must be base64`);
  }
  const bytes = Buffer.from(value, "base64");
  if (bytes.length < keyBytesMin) {
    throw new KeysInvalid(`the key ${id} must have at least ${keyBytesMin} bytes, got ${bytes.length}`);
  }
  return { id, secret: createSecretKey(bytes) };
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
    throw new KeysInvalid(`the secret must be JSON, got ${text.length} characters that are not`);
  }
}

/** Who puts a key in the place of an id must not find it in a log. */
function lengthOf(value: unknown): string {
  return typeof value === "string" ? `another text of ${value.length} characters` : `${typeof value}`;
}

// Rotates the signing keys. Pure: the text of a secret and a time → the next text.
//
//   G6, G7. A rotation causes no message to be rejected: a new key signs only once every consumer has had time to read
//   it, and an old one verifies as long as a message that it signed can arrive.
//   G11. The number of keys is bounded; a rotation that would have to drop a key in use fails instead.

import { evidenceDays } from "../envelope/message-life.ts";
import { KeysInvalid, staleMsMax } from "./key-ring.ts";
import { type KeyEntry, newKey, readKeyEntries, writeKeyEntries } from "./key-secret.ts";

/** Twice the age of the oldest ring that is still in use: the other half is for the rotation itself. */
export const signsAfterMs = 2 * staleMsMax;
/** The age gate parks every older message, so its key is no longer needed. Milliseconds. */
const verifiesMs = evidenceDays * 86_400_000;
/** They fit a secret, which has 64 KiB: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const keysMax = 100;
/** As often as a rotation may come for the keys in use to be fewer than that. */
export const rotationDaysMin = 1;

/**
 * The secret with one more key, and without the keys that no message in transit can be signed with.
 * @throws KeysInvalid when the secret is none, or all of its many keys are in use
 */
export function rotated(text: string, { keyId, nowMs }: { keyId: string; nowMs: number }): string {
  const kept = inUse(readKeyEntries(text), nowMs);
  if (kept.length >= keysMax) {
    throw new KeysInvalid(
      `all ${kept.length} keys are in use, at most ${keysMax} are allowed: rotate at most every ${rotationDaysMin} days`,
    );
  }
  return writeKeyEntries([...kept, newKey(keyId, { signsFromMs: nowMs + signsAfterMs })]);
}

/**
 * Why `next` must not become the secret in the place of `text`; undefined when it may. The text may have been changed
 * by hand since `next` was made from it, or so much time have passed that the new key would sign at once.
 */
export function obstacleTo(
  next: string,
  { text, nowMs }: { text: string; nowMs: number },
): string | undefined {
  const entries = readKeyEntries(text);
  const before = new Map(entries.map(({ id, secret }) => [id, secret]));
  const after = readKeyEntries(next);
  const added = after.filter(({ id }) => !before.has(id));
  const [only] = added;
  if (only === undefined || added.length > 1) return `it adds ${added.length} keys instead of one`;
  if (only.signsFromMs < nowMs + staleMsMax) return `key ${only.id} would sign too early`;
  const missing = inUse(entries, nowMs).filter(({ id }) => !after.some((entry) => entry.id === id));
  if (missing.length > 0) return `it lacks ${missing.map(({ id }) => id).join(", ")}, which are in use`;
  const changed = after.filter(({ id, secret }) => id !== only.id && before.get(id) !== secret);
  return changed.length > 0 ? `it changes ${changed.map(({ id }) => id).join(", ")}` : undefined;
}

function inUse(entries: readonly KeyEntry[], nowMs: number): KeyEntry[] {
  return entries.filter((_entry, index) => {
    const successor = entries[index + 1]; // from whose first signature on this one signs no more
    return successor === undefined || successor.signsFromMs + verifiesMs > nowMs;
  });
}

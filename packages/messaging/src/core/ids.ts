// The one source of ids. The id of an outgoing message is derived from the message that caused it (G2), so a second run
// of the same work emits the same ids and every receiver recognises them.
import { hash, randomUUID } from "node:crypto";

/** An id for something without a cause: the first message of a flow. */
export function newId(): string {
  return randomUUID();
}

/**
 * The id that follows from its parts: equal parts give an equal id, and no two lists of parts share one.
 * JSON keeps the list injective: ["a", "bc"] and ["ab", "c"] stay apart. 43 characters, base64url of SHA-256.
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  return hash("sha256", JSON.stringify(parts), "base64url");
}

/** The name of a message for one of its consumers: the id of its evidence, and of what else there is one of for both. */
export function evidenceId({
  consumer,
  message: { source, id },
}: {
  readonly consumer: string;
  readonly message: { readonly source: string; readonly id: string };
}): string {
  return derivedId(consumer, source, id);
}

/** The same in so many hexadecimal digits, at most 64: for traces. */
export function derivedHex(digits: number, ...parts: readonly (string | number)[]): string {
  return hash("sha256", JSON.stringify(parts), "hex").slice(0, digits);
}

/** The name that content has by itself: base64url of the SHA-256 of its bytes, 43 characters. */
export function contentId(content: string | Uint8Array): string {
  return hash("sha256", content, "base64url");
}

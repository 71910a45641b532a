// The digest of a message's content, without its transport. Evidence keeps it to tell a copy from another message with
// the same id.
//
//   G2. The same data are the same message, whatever the order of their keys: `meaning`.
//   G7. Other data under the same id are another message, which is parked and not treated as a copy.
//
// The digest of the text, with its keys as they came, is what evidence has had from the beginning. It stays beside the
// meaning, so that an older release which runs meanwhile recognises its copies: docs/adr/0020-the-same-data.md
import { contentId } from "../core/ids.ts";

/** As evidence keeps it: base64url, whole or the first characters. */
export interface Digest {
  /** Of the text with its keys as they came; for data that went by claim check, of their reference. */
  readonly digest: string;
  /** Of the data with their keys in order; absent where that is the same text, and where the data are not here. */
  readonly meaning?: string;
}

export interface Said {
  readonly type: string;
  readonly data?: unknown;
  readonly dataref?: string;
}

/** Less would tell nothing: an empty text begins everything. 11 characters are 66 bits. */
const charactersMin = 11;

const digests = new WeakMap<Said, Digest>();

/** Two messages of one id say the same when `saysTheSame` of their digests. */
export function digestOf(said: Said): Digest {
  const known = digests.get(said);
  if (known !== undefined) return known;
  const digest = digestFor(said);
  digests.set(said, digest); // several ask for it: a message is not changed, but replaced
  return digest;
}

function digestFor({ type, data, dataref }: Said): Digest {
  const ordered = inOrder(data);
  // A reference names its content, and is known before that is fetched.
  const text = dataref === undefined ? [type, data ?? null] : [type, null, dataref];
  const digest = contentId(JSON.stringify(text));
  if (data === undefined || (dataref === undefined && ordered === data)) return { digest };
  const meaning = contentId(JSON.stringify([type, ordered]));
  return meaning === digest ? { digest } : { digest, meaning };
}

/**
 * Whether what evidence keeps of a message is of what another says; the only place that compares digests.
 * @param atLeast characters that a stored one must have
 */
export function saysTheSame(
  stored: Readonly<Record<string, unknown>> | Digest,
  said: Digest,
  atLeast: number = charactersMin,
): boolean {
  return [stored.digest, stored.meaning].some(
    (known) =>
      typeof known === "string" &&
      known.length >= atLeast &&
      (said.digest.startsWith(known) || said.meaning?.startsWith(known) === true),
  );
}

/** Each in so many characters at most, for evidence that must be short. */
export function shortened({ digest, meaning }: Digest, lengths: Record<keyof Digest, number>): Digest {
  return {
    digest: digest.slice(0, lengths.digest),
    ...(meaning !== undefined && { meaning: meaning.slice(0, lengths.meaning) }),
  };
}

/**
 * The value itself when its keys are in order already, else a copy; as deep as its caps allow. Names that are whole numbers
 * stand first and by their size in every object of JavaScript; where the others stand is decided here.
 */
export function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const entries = value.map(inOrder);
    return entries.some((entry, index) => entry !== value[index]) ? entries : value;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(object);
  const isSorted = names.every((name, index) => index === 0 || (names[index - 1] as string) < name);
  if (!isSorted) names.sort();
  const entries = names.map((name) => inOrder(object[name])); // each once: looked at twice, a depth of 64 would take 2^64 looks
  if (isSorted && entries.every((entry, index) => entry === object[names[index] as string])) return value;
  const copy: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) copy[name] = entries[index];
  return copy;
}

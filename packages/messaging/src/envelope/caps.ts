// The first thing that happens to text from outside: what is larger or deeper than any honest message is
// parked before anything walks through it (S9).
//
//   G11. Every payload has a bound.
//
// JSON.parse of V8 keeps its own stack and reads any depth; JSON.stringify, schemas and most handlers recurse
// and would end in a RangeError. So the bytes are counted before parsing, the shape before validating.
import { checkNumbers, inexact } from "../core/exact-numbers.ts";
import { Park } from "../core/outcome.ts";

/**
 * Bytes of a message, which SQS bounds for its sender, too.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const bodyBytesMax = 1_048_576;
/** Bytes of data that came by claim check: ten at once, parsed, leave room in 512 MB. */
export const claimBytesMax = 4_194_304;
/** Objects and lists inside each other, the envelope among them. People write ten, zod survives hundreds. */
export const depthMax = 64;
/** Keys of all objects of a message together. */
export const keysMax = 20_000;
/**
 * Values of a message: objects, lists and what is in them. An empty list is two characters, and some forty bytes once it
 * is parsed: without this bound ten claim-check payloads of empty lists fill 512 MB.
 */
export const valuesMax = 100_000;
/** Entries of one list. */
export const arrayLengthMax = 10_000;
/** Own keys that become something else as soon as somebody copies the object with an assignment. */
const keysForbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * JSON from outside, as the value that its sender wrote, inside its bounds.
 * @throws Park NUMBER_INEXACT, or what `parseCapped` throws
 */
export function parseExact(text: string, bytesMax?: number): unknown {
  const value = parseCapped(text, bytesMax);
  checkNumbers(text);
  return value;
}

/**
 * JSON as a value inside its bounds.
 * @throws Park TOO_LARGE, TOO_MANY_VALUES, NOT_JSON or what `checkCaps` finds; never quotes the text
 */
export function parseCapped(text: string, bytesMax: number = bodyBytesMax): unknown {
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) throw new Park("TOO_LARGE", `${bytes} bytes, at most ${bytesMax}`);
  const mayBeTooMany = text.length > 2 * valuesMax; // a value and what separates it
  if (mayBeTooMany && valuesIn(text) > valuesMax) throw tooManyValues();
  const value = parse(text);
  checkCaps(value);
  return value;
}

/**
 * Walks a value of JSON, without recursion, and returns if it is one that everything else can stand.
 * @throws Park TOO_DEEP, TOO_MANY_KEYS, TOO_MANY_VALUES, ARRAY_TOO_LONG, KEY_FORBIDDEN, or NUMBER_INEXACT for one beyond all doubles
 */
export function checkCaps(value: unknown): void {
  let keysSeen = 0;
  let valuesSeen = 1;
  let level: readonly object[] = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > depthMax) throw tooDeep();
    const next: object[] = [];
    for (const container of level) {
      const children = Array.isArray(container) ? entriesOf(container) : valuesOf(container);
      valuesSeen += Math.max(1, children.length); // as they are counted in its text
      if (valuesSeen > valuesMax) throw tooManyValues();
      for (const child of children) {
        if (isContainer(child)) next.push(child);
      }
    }
    level = next;
  }

  function valuesOf(container: object): unknown[] {
    const keys = Object.keys(container);
    keysSeen += keys.length;
    if (keysSeen > keysMax) throw new Park("TOO_MANY_KEYS", `more than ${keysMax} keys`);
    for (const key of keys) {
      if (keysForbidden.has(key)) throw new Park("KEY_FORBIDDEN", `the key ${key}`);
    }
    return Object.values(container);
  }
}

/**
 * At most so many values are in a text of JSON; counted before it is parsed, when it is too late. Counted no further than
 * beyond the bound.
 * @throws Park TOO_DEEP
 */
export function valuesIn(text: string): number {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === quote) at = endOfString(text, at);
    else if (character === comma) values++;
    else if (character === bracket || character === brace) {
      values++;
      if (++depth > depthMax) throw tooDeep();
    } else if (character === bracketEnd || character === braceEnd) depth--;
    if (values > valuesMax) return values;
  }
  return values;
}

const [quote, comma, bracket, brace, bracketEnd, braceEnd] = [...'",[{]}'].map((character) =>
  character.charCodeAt(0),
);

/** The place of the quote that ends the string which begins here, or the end of a text that is no JSON. */
function endOfString(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function tooManyValues(): Park {
  return new Park("TOO_MANY_VALUES", `more than ${valuesMax} values`);
}

function tooDeep(): Park {
  return new Park("TOO_DEEP", `more than ${depthMax} nested objects and arrays`);
}

function entriesOf(list: readonly unknown[]): readonly unknown[] {
  if (list.length <= arrayLengthMax) return list;
  throw new Park("ARRAY_TOO_LONG", `an array of ${list.length} entries, at most ${arrayLengthMax}`);
}

/** @throws Park NUMBER_INEXACT */
function isContainer(value: unknown): value is object {
  if (value === Infinity || value === -Infinity) throw inexact("beyond 1.8e308");
  return typeof value === "object" && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without its cause: the message of a SyntaxError quotes the text.
    throw new Park("NOT_JSON", `the body of ${text.length} characters is not JSON`);
  }
}

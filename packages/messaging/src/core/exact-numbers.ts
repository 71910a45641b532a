// Numbers of a text of JSON that JavaScript would change: 9007199254740993 becomes …992, and two accounts one.
//
//   G7. A number that is not what its sender wrote takes no effect: it is refused by name.
//
// The rule: a number is taken when JavaScript, asked for as many digits as were written, at most 17, writes the same
// number back. So 0.1, 1.50, 1e21 and every number of a program that calculates in doubles is taken. Whole numbers above
// 2^53 are stricter, because they are ids: several of 17 digits share a double, so only the one JavaScript writes is taken.
import { Park } from "./outcome.ts";

/**
 * @param text what JSON.parse has read
 * @throws Park NUMBER_INEXACT with the place of the number, and not the number
 */
export function checkNumbers(text: string): void {
  if (!hasLongRun(text) && !tiny.test(text)) return;
  const tokens = /"|-?\d[\d.eE+-]*/g;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === '"') tokens.lastIndex = endOfString(text, tokens.lastIndex);
    else if (!isExact(token[0])) throw inexact(`at character ${token.index + 1}`);
  }
}

export function inexact(place: string): Park {
  return new Park(
    "NUMBER_INEXACT",
    `JavaScript cannot hold the number ${place} exactly: send it as a string, or with fewer digits`,
  );
}

/** A number of 15 digits survives. Not a pattern: this looks at one character in sixteen, as every message pays for it. */
const runMin = 16;
/** So near to 0 that digits get lost, however few they are. What is too far from 0 is seen in the value. */
const tiny = /[eE]-\d\d\d/;

function hasLongRun(text: string): boolean {
  for (let index = runMin - 1; index < text.length; index += runMin) {
    let [first, last] = [index, index];
    while (isDigitOrPoint(text.charCodeAt(first))) first--;
    while (isDigitOrPoint(text.charCodeAt(last))) last++;
    const isString = text[first] === '"' && text[last] === '"'; // as the number of every numbered message is
    if (last - first > runMin && !isString) return true;
    if (isString) index = last; // each character is looked at once, however long the string
  }
  return false;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46; // "0" to "9", and "."
}

/** Behind the quote that ends a string, of a text that is JSON. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, end: number): boolean {
  let first = end;
  while (text[first - 1] === "\\") first--;
  return (end - first) % 2 === 1;
}

/** More than the longest double in full needs. Characters. */
const literalLengthMax = 400;
/** What tells any two doubles apart. */
const digitsMax = 17;

function isExact(literal: string): boolean {
  if (literal.length > literalLengthMax) return false;
  const written = decimal(literal);
  if (written.digits.length > digitsMax) return false;
  const value = Number(literal);
  if (isSame(written, String(value))) return true;
  if (isLongId(literal, written)) return false;
  // Half-way between two, toExponential takes the one farther from 0 and String the even one.
  return isSame(written, value.toExponential(written.digits.length - 1));
}

/** A whole number above 2^53 in plain digits: what is smaller is exact. */
function isLongId(literal: string, { digits, place }: Decimal): boolean {
  return !/e/i.test(literal) && place >= digits.length && place > runMin - 1;
}

function isSame(written: Decimal, text: string): boolean {
  const { digits, place } = decimal(text);
  return digits === written.digits && place === written.place;
}

interface Decimal {
  readonly digits: string;
  readonly place: number;
}

/** The digits between the zeros around them, and their place: 0.digits, times ten to it. */
function decimal(text: string): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] = /^-?(\d+)\.?(\d*)(?:e(.+))?$/i.exec(text) ?? [];
  const all = whole + fraction;
  const zeros = all.search(/[1-9]/);
  if (zeros < 0) return { digits: "", place: 0 };
  return { digits: all.slice(zeros).replace(/0+$/, ""), place: Number(exponent) + whole.length - zeros };
}

// Makes text safe to show in a terminal. Anyone may have written the text of a message: it may hold escape sequences, line
// breaks that forge a line of ours, characters that reverse the direction of the text after them, or megabytes.
//
//   G11. A line has a bound; a JSON document, which machines read, is whole.

/** Control and format characters (among them all that change the direction of text), line separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** One line of text: each unsafe character is a dot, and what is longer is cut and ends in an ellipsis. */
export function printable(text: string, charactersMax = Number.POSITIVE_INFINITY): string {
  if (text.length <= charactersMax) return text.replace(unsafe, "·");
  const kept = text.slice(0, Math.max(0, charactersMax - 1)).replace(/[\ud800-\udbff]$/, ""); // half a pair is none
  return `${kept.replace(unsafe, "·")}…`;
}

/** JSON that says the same and has each unsafe character as an escape. */
export function printableJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent) ?? "null";
  return json.replace(unsafe, (character) => (character === "\n" ? character : escaped(character)));
}

/** JSON.stringify has escaped every line break inside a text, so those that are left are its own. */
function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}

// JSON as a person edits it: characters that cannot be seen are written as escapes of JSON, which mean the same.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

export function jsonText(value: unknown): string {
  return withEscapes(JSON.stringify(value, undefined, 2) ?? "");
}

/** @param text JSON; other text stays as it is, for outside of JSON an escape means itself */
export function withEscapes(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return text.replace(UNSEEN, (character) =>
    /[\t\n\r]/.test(character)
      ? character
      : Array.from({ length: character.length }, (_, index) => escapeOf(character.charCodeAt(index))).join(
          "",
        ),
  );
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

// Text of messages as people can read it: it is shown as text always, and control characters are made visible, because a
// right-to-left override or a null would change how the words around it read.

const TEXT_MAX = 200_000;

/** Tabs and line ends stay where `lines` is set. */
export function safeText(text: string, { lines = false, max = TEXT_MAX } = {}): string {
  const cut =
    text.length > max ? `${text.slice(0, max)}… (${text.length.toLocaleString("en")} characters)` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (character) => {
    if (lines && (character === "\n" || character === "\t")) return character;
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** For one line of a list. */
export function shortText(text: string, max = 200): string {
  return safeText(text, { max });
}

// Texts of messages, as the page shows them.

import { describe, expect, it } from "vitest";
import { safeText, shortText } from "../../src/page/widgets/safe-text.ts";

describe("safe text", () => {
  it.each([
    ["a null", "a\u0000b", "a\\u{0}b"],
    ["an escape of a terminal", "\u001b[31m", "\\u{1b}[31m"],
    ["an override of the direction", "user\u202egnp.exe", "user\\u{202e}gnp.exe"],
    ["a joiner without width", "a\u200bb", "a\\u{200b}b"],
    ["half a surrogate pair", "a\ud800b", "a\\u{d800}b"],
    ["an end of a line, in one line", "a\nb", "a\\u{a}b"],
  ])("makes %s visible", (_, given, shown) => {
    expect(shortText(given)).toBe(shown);
  });

  it("leaves words of all languages, emoji and markup as they are", () => {
    for (const text of ["Tromsø, Valparaíso, 東京", "🚚", "<b>&amp;</b>"]) expect(shortText(text)).toBe(text);
  });

  it("cuts a huge text and says how long it is", () => {
    expect(shortText("x".repeat(5_000))).toBe(`${"x".repeat(200)}… (5,000 characters)`);
  });

  it("keeps ends of lines where a text has several", () => {
    expect(safeText("a\n\tb\r", { lines: true })).toBe("a\n\tb\\u{d}");
  });
});

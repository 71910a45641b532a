// Output for the operator's terminal: text of a message is shown and never interpreted.
import { globSync, readFileSync } from "node:fs";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { expect, test } from "vitest";
import { printable, printableJson } from "../src/terminal/safe-text.ts";

const hostile = [
  ["an escape sequence", "\u001b[2J\u001b]0;title\u0007"],
  ["a C1 control", "\u009b31m"],
  ["a line break", "one\nNot read: two\r"],
  ["the direction of text", "\u202etxt.exe\u2066\u2069\u200f\u061c"],
  ["what has no width", "a\u200bb\ufeff\u2060\u00ad\u{e0041}"],
  ["line separators", "\u2028\u2029"],
  ["half a pair", "\ud800 and \udc00"],
] as const;

test.each(hostile)("a line shows %s as dots", (_what, text) => {
  expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
});

test.each(hostile)("JSON escapes %s, and says the same", (_what, text) => {
  const json = printableJson({ [text]: [text] }, 2);
  expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(json)).toEqual({ [text]: [text] });
});

test("what people write stays as it is", () => {
  for (const text of ["Grüße, 東京", "👍 − “quoted”"]) {
    expect(printable(text)).toBe(text);
    expect(printableJson(text)).toBe(JSON.stringify(text));
  }
});

test("G11: a line is cut at its bound, and not inside of a character", () => {
  expect(printable("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
  expect(printable("👍".repeat(9), 10)).toBe(`${"👍".repeat(4)}…`);
});

test("a line of the log is ASCII", () => {
  for (const [, text] of hostile) expect(asciiJson({ text })).toMatch(/^[\x20-\x7e]*$/);
  expect(readFileSync("packages/messaging/src/observe/log-line.ts", "utf8")).toContain("asciiJson(line)");
});

test("nothing else of the commands writes to the terminal", () => {
  const writers = globSync("packages/operator/src/**/*.ts").filter((file) =>
    /\bconsole\.|std(out|err)\.write\(/.test(readFileSync(file, "utf8")),
  );
  expect(writers).toEqual(["packages/operator/src/terminal/print.ts"]);
});

// Cuts a file into the passages that a person reads. Line breaks are kept, so that a finding knows its line.

export interface Passage {
  /** The first line of the text, from 1. */
  readonly line: number;
  /** Without code, link targets and comment marks. */
  readonly text: string;
  readonly kind: "paragraph" | "heading" | "table" | "comment" | "string";
}

export function passagesOf(file: string, source: string): Passage[] {
  return file.endsWith(".md") ? fromMarkdown(source) : fromTypeScript(source);
}

/** Sentences of a passage, each with the line it starts on. */
export function sentencesOf({ line, text }: Passage): { line: number; text: string }[] {
  const ends = /[.!?]["')\]]*(?=\s+["'(]?[A-Z0-9`⌜]|\s*$)|(?<=\w{4})\.(?=\s)/g; // "e.g." and "etc." end none
  const sentences: { line: number; text: string }[] = [];
  let start = 0;
  for (const end of [
    ...[...text.matchAll(ends)].map((match) => match.index + match[0].length),
    text.length,
  ]) {
    const sentence = text.slice(start, end);
    const before = text.slice(0, start + (sentence.length - sentence.trimStart().length));
    if (sentence.trim() !== "") sentences.push({ line: line + breaksIn(before), text: sentence.trim() });
    start = end;
  }
  return sentences;
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}⌜]/u.test(word));
}

export function breaksIn(text: string): number {
  return text.split("\n").length - 1;
}

function fromMarkdown(source: string): Passage[] {
  const passages: Passage[] = [];
  const blank = (text: string) => text.replace(/[^\n]/g, "");
  const text = source
    .replace(/^( *)(```|~~~).*?^\1\2[^\n]*$/gms, blank)
    .replace(/<!--.*?-->/gs, blank)
    .replace(/(`+)(?:(?!\n\s*\n)[^`])+?\1/g, (code) => `⌜${"\n".repeat(breaksIn(code))}`)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*\*|(?<!\w)[*_](?=\w)|(?<=[\w.:])[*_](?!\w)/g, "");
  let open: { line: number; text: string } | undefined;
  const close = () => {
    if (open) passages.push({ ...open, kind: "paragraph" });
    open = undefined;
  };
  text.split("\n").forEach((content, index) => {
    const line = index + 1;
    const [, heading] = /^#+ (.*)/.exec(content) ?? [];
    const isTable = content.startsWith("|");
    if (heading !== undefined || isTable || content.trim() === "" || /^\s*([-*]|\d+\.) /.test(content))
      close();
    if (heading !== undefined) passages.push({ line, text: heading, kind: "heading" });
    else if (isTable) passages.push({ line, text: content, kind: "table" });
    else if (content.trim() !== "")
      open = open ? { ...open, text: `${open.text}\n${content}` } : { line, text: content };
  });
  close();
  return passages;
}

/**
 * Comments, and strings and templates that hold more than one word: a single word is a name, not prose. So is code in
 * backticks, as in documents.
 */
function fromTypeScript(source: string): Passage[] {
  const tokens =
    /(?<comment>(?:\/\/[^\n]*(?:\n[ \t]*(?=\/\/))?)+|\/\*.*?\*\/)|(?<string>"(?:\\.|[^"\\\n])*")|(?<template>`(?:\\.|[^`\\])*`)|(?<=[=(,:[!&|?{};]\s*|return\s+)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/gs;
  const passages: Passage[] = [];
  for (const { index, 0: token, groups } of source.matchAll(tokens)) {
    const line = 1 + breaksIn(source.slice(0, index));
    if (groups?.comment !== undefined) {
      passages.push({
        line,
        text: withoutCode(token.replace(/^[ \t]*(?:\/\/|\/\*\*?|\*\/?)|\*\/$/gm, " ")),
        kind: "comment",
      });
    } else if (groups?.string !== undefined || groups?.template !== undefined) {
      const text = withoutCode(token.slice(1, -1).replace(/\$\{[^}]*\}/g, "⌜"));
      if (/\S\s+\S/.test(text)) passages.push({ line, text, kind: "string" });
    }
  }
  return passages;
}

function withoutCode(text: string): string {
  return text.replace(/\\?`[^`\n]+`/g, "⌜");
}

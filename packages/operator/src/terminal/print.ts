// The one way from a command to the terminal: no other file of the package writes there, but for the progress line.
//
//   Results go to standard output line by line, progress and errors to standard error; with --json the result is one
//   document.

import { printable, printableJson } from "./safe-text.ts";

/** Characters of a line; the JSON document has the whole text. */
const lineCharactersMax = 4_000;

/** Kept here: kit-environment.ts turns what the kit logs aside. */
const write = process.stdout.write.bind(process.stdout);

/** Writes lines. A line break inside one is no line break. */
export function print(...lines: readonly string[]): void {
  for (const line of lines) write(`${printable(line, lineCharactersMax)}\n`);
}

/** Writes a text of this project's own making (a help, a table of safe cells), which has several lines. */
export function printText(text: string): void {
  for (const line of text.split("\n")) print(line);
}

export function printError(text: string): void {
  process.stderr.write(`${printable(text, lineCharactersMax)}\n`);
}

/** One JSON document. */
export function printJson(document: unknown): void {
  write(`${printableJson(document, 2)}\n`);
}

/** One line of JSON, where documents follow one another. */
export function printJsonLine(document: unknown): void {
  write(`${printableJson(document)}\n`);
}

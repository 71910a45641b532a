// Rows as aligned columns for a terminal; each cell is made safe.

import { printable } from "./safe-text.ts";

export interface TextTableOptions {
  /** Longer cells are cut and end in an ellipsis. */
  readonly cellCharactersMax?: number;
  readonly indent?: string;
  /** Columns that do not fit beside the others go on in a line below. Unless given, as wide as the terminal. */
  readonly lineCharactersMax?: number;
}

const gap = "  ";
const lineBelow = "    ";

export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { cellCharactersMax = 60, indent = "", lineCharactersMax = terminalColumns() }: TextTableOptions = {},
): string {
  const shown = [header, ...rows].map((row) => row.map((cell) => printable(cell, cellCharactersMax)));
  const widths = header.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  const lines = linesOf(widths, lineCharactersMax - indent.length);
  return shown
    .flatMap((row) =>
      lines.map((columns, line) => {
        const cells = columns.map((column) => (row[column] ?? "").padEnd(widths[column] ?? 0));
        return `${indent}${line > 0 ? lineBelow : ""}${cells.join(gap)}`.trimEnd();
      }),
    )
    .join("\n");
}

/** One `name  value` a line; values are not cut. */
export function namedValues(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`.trimEnd()).join("\n");
}

/** Which columns stand in which line of a row. A column that is too wide for any line has one for itself. */
function linesOf(widths: readonly number[], charactersMax: number): number[][] {
  const lines: number[][] = [[]];
  let used = 0;
  for (const [column, width] of widths.entries()) {
    const needed = (used > 0 ? gap.length : 0) + width;
    if (used > 0 && used + needed > charactersMax) {
      lines.push([column]);
      used = lineBelow.length + width;
    } else {
      lines.at(-1)?.push(column);
      used += needed;
    }
  }
  return lines;
}

/** A file or a pipe has no width, and gets each row on one line. */
function terminalColumns(): number {
  return process.stdout.columns || Number.POSITIVE_INFINITY;
}

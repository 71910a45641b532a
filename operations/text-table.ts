// Rows as aligned columns for a terminal. What stands in a message is a stranger's text: control characters
// (a terminal would obey them) are shown as a dot.

export interface TextTableOptions {
  /** Longer cells are cut and end in an ellipsis. */
  readonly cellCharactersMax?: number;
  readonly indent?: string;
}

export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { cellCharactersMax = 60, indent = "" }: TextTableOptions = {},
): string {
  const shown = [header, ...rows].map((row) => row.map((cell) => printable(cell, cellCharactersMax)));
  const widths = header.map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  return shown
    .map(
      (row) =>
        indent +
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd(),
    )
    .join("\n");
}

/** One `name  value` a line; values are not cut. */
export function namedValues(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`.trimEnd()).join("\n");
}

export function printable(text: string, charactersMax = Number.POSITIVE_INFINITY): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "·");
  return safe.length > charactersMax ? `${safe.slice(0, charactersMax - 1)}…` : safe;
}

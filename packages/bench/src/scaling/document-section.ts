// A part of a document that a script writes: the text between `<!-- name -->` and `<!-- /name -->`.

/** @throws Error when the document has no such section */
export function withSection(text: string, name: string, content: string): string {
  const { start, end } = boundsOf(text, name);
  return `${text.slice(0, start)}\n${content.trim()}\n${text.slice(end)}`;
}

/** @throws Error when the document has no such section */
export function sectionOf(text: string, name: string): string {
  const { start, end } = boundsOf(text, name);
  return text.slice(start, end).trim();
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function boundsOf(text: string, name: string): { start: number; end: number } {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = text.indexOf(open) + open.length;
  const end = text.indexOf(close);
  if (start < open.length || end < start)
    throw new Error(`the document must have ${open} … ${close}, in this order`);
  return { start, end };
}

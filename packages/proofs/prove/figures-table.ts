// Writes the figures of a proof into docs/guarantees.md, between two marks, with the command that made them.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { number, type ProofFigures } from "./report.ts";
import type { SectionFigures } from "./section.ts";

const document = fileURLToPath(new URL("../../../docs/guarantees.md", import.meta.url));
const begin = "<!-- proof: written by npm run prove -- --write -->";
const end = "<!-- /proof -->";

/** @throws Error when the document has no place for them */
export async function writeFigures(
  figures: ProofFigures,
  sections: readonly SectionFigures[],
): Promise<void> {
  await writeFile(document, withFigures(await readFile(document, "utf8"), figures, sections));
}

export function withFigures(
  text: string,
  figures: ProofFigures,
  sections: readonly SectionFigures[],
): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/guarantees.md must have the lines ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n${tableOf(figures, sections)}\n${text.slice(to)}`;
}

function tableOf(figures: ProofFigures, sections: readonly SectionFigures[]): string {
  const rows = sections.map(({ section, schedules, violations, said }) =>
    row(`\`${section}\``, schedules > 0 ? number(schedules) : "", number(violations.length), said.join("; ")),
  );
  const kinds = Object.entries(figures.faultsByKind)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `${kind} ${number(count)}`);
  return [
    row("section", "runs", "violations", "details"),
    "|---|---|---|---|",
    ...rows,
    row(
      "all",
      number(figures.schedules),
      number(figures.violations),
      [`${number(figures.faults)} faults fired`, kinds.join(", ")].filter(Boolean).join(": "),
    ),
  ].join("\n");
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

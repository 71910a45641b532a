// The table of a process as a picture, for documents: a Mermaid state diagram. Only the moves are drawn; a table below says
// the rest.
import { noItem, type Process } from "./process.ts";
import type { ReadCell } from "./read-row.ts";

/** The lines of a Mermaid diagram and of a Markdown table, which cannot differ from the code. */
export function diagramOf(process: Process): string {
  return ["```mermaid", "stateDiagram-v2", ...arrows(process), "```", "", ...table(process)].join("\n");
}

function arrows({ rows, initial }: Process): string[] {
  const begins = initial.map((status) => `  [*] --> ${status}`);
  const moves = [...rows].flatMap(([status, { cells }]) =>
    [...cells].flatMap(([type, cell]) =>
      cell.to.map((to) => `  ${status === noItem ? "[*]" : status} --> ${to}: ${short(type)}`),
    ),
  );
  const waits = [...rows].flatMap(([status, { timeout }]) =>
    timeout === undefined ? [] : [`  ${status}: ${status}, until ${short(timeout.type.type)}`],
  );
  const ends = [...rows].filter(([, { final }]) => final).map(([status]) => `  ${status} --> [*]`);
  return [...waits, ...begins, ...moves, ...ends];
}

function table({ rows, accepts }: Process): string[] {
  const statuses = [...rows.keys()];
  return [
    `| message | ${statuses.map((status) => (status === noItem ? "no item" : status)).join(" | ")} |`,
    `| --- |${" --- |".repeat(statuses.length)}`,
    ...accepts.map(({ type }) => {
      const cells = [...rows.values()].flatMap((row) =>
        [...row.cells].filter(([one]) => one === type).map(([, cell]) => said(cell)),
      );
      return `| ${short(type)} | ${cells.join(" | ")} |`;
    }),
  ];
}

function said(cell: ReadCell): string {
  if (cell.kind === "parked") return `parked: \`${cell.code}\``;
  return cell.kind === "move" ? `→ ${cell.to.join(" or ")}` : "ignored";
}

/** `credit.credit-reserved.v1` → `credit-reserved` */
function short(type: string): string {
  return type.replace(/.*?\.(?=.*\.)/, "").replace(/\.v\d+$/, "");
}

// Puts the figures of a run between the markers of docs/performance.md and README.md.
import { readFileSync, writeFileSync } from "node:fs";
import {
  cellHeadings,
  cellRow,
  coldHeadings,
  coldRow,
  flowHeadings,
  flowRows,
  legHeadings,
  legRow,
  type Report,
  shareHeadings,
  shareRow,
  targetRow,
} from "./report.ts";

export const documents = ["../../../docs/performance.md", "../../../README.md"].map(
  (path) => new URL(path, import.meta.url),
);

/** One for each promise. */
export const five = ["Powertools", "rows", "inline, by sequence", "effect under a lease", "at most once"];

/** @throws Error for a marker whose table is not known */
export function writeTables(result: Report): void {
  const tables: Readonly<Record<string, string>> = {
    short: shortTable(result),
    five: shortTable(result, five),
    cells: cellTables(result),
    shares: table(shareHeadings, result.shares.map(shareRow)),
    relay: table(legHeadings, result.relay.map(legRow)),
    timed: table(legHeadings, result.timed.map(legRow)),
    "cold-starts": table(coldHeadings, result.coldStarts.filter(isShown).map(coldRow)),
    flow: result.flow ? table(flowHeadings, flowRows(result.flow)) : "",
    targets: targetTable(result),
  };
  for (const document of documents)
    writeFileSync(document, withTables(readFileSync(document, "utf8"), tables));
}

function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /(<!-- bench:([\w-]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g,
    (_, begin: string, name: string, end: string) => {
      const content = tables[name];
      if (content === undefined)
        throw new Error(`no table is called ${name}; there are ${Object.keys(tables)}`);
      return `${begin}${content}\n${end}`;
    },
  );
}

/** What holds on AWS, and the two ratios that a reader asks for. */
function shortTable({ cells }: Report, contenders?: readonly string[]): string {
  const fresh = cells.filter(({ workload }) => workload === "fresh");
  const base = fresh.find(({ contender }) => contender === "Powertools");
  if (base === undefined) return "";
  const shown = fresh.filter(({ contender }) => contenders?.includes(contender) ?? true);
  const rows = shown.map((cell) => [
    cell.contender,
    cell.requestsPerMessage.toFixed(1),
    cell.writeUnitsPerMessage.toFixed(1),
    `${(cell.messagesPerSecond / base.messagesPerSecond).toFixed(1)} ×`,
    `${Math.round((100 * cell.cpuMicrosecondsPerMessage) / base.cpuMicrosecondsPerMessage)} %`,
  ]);
  return table(["consumer", "requests/message", "write units/message", "throughput ¹", "client CPU ¹"], rows);
}

function cellTables({ cells }: Report): string {
  return [...Map.groupBy(cells, ({ workload }) => workload)]
    .map(([workload, list]) => `**${workload}**\n\n${table(kept(cellHeadings), list.map(cellRow).map(kept))}`)
    .join("\n\n");
}

/** Of the sample's functions, one: the command prints all. */
function isShown({ name }: Report["coldStarts"][number]): boolean {
  return !name.includes("/") || name.includes("reserve-credit");
}

/** Those that are missed: the command prints all. */
function targetTable({ targets }: Report): string {
  const missed = targets.filter(({ met }) => !met).map((target) => targetRow(target).slice(1));
  return [
    `${targets.length - missed.length} of ${targets.length} are met. Missed:`,
    table(["target", "wanted", "got"], missed),
  ].join("\n\n");
}

/** Without what a reader of another machine's figures has no use for. */
function kept(cells: readonly string[]): string[] {
  return cells.filter((_, index) => !["p50 ms", "p99 ms", "returned"].includes(cellHeadings[index] ?? ""));
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

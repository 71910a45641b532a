// Puts the figures of a run between the markers of docs/performance.md, and of README.md where it has any:
//
//   npm run bench -- --json > bench.json && node bench/document.ts bench.json
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

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("which file? npm run bench -- --json > bench.json");
const result = JSON.parse(readFileSync(file, "utf8")) as Report;
const tables: Readonly<Record<string, string>> = {
  short: shortTable(result),
  cells: result.cells.length > 0 ? cellTables(result) : "",
  shares: table(shareHeadings, result.shares.map(shareRow)),
  relay: table(legHeadings, result.relay.map(legRow)),
  "cold-starts": table(coldHeadings, result.coldStarts.map(coldRow)),
  flow: result.flow ? table(flowHeadings, flowRows(result.flow)) : "",
  targets: table(["", "target", "wanted", "got"], result.targets.map(targetRow)),
};
for (const document of ["docs/performance.md", "README.md"]) {
  const text = readFileSync(document, "utf8");
  writeFileSync(document, fill(text));
}

function fill(text: string): string {
  return text.replaceAll(
    /(<!-- bench:([\w-]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const content = tables[name];
      if (content === undefined)
        throw new Error(`no table is called ${name}; there are ${Object.keys(tables)}`);
      return content === "" ? whole : `${begin}${content}\n${end}`;
    },
  );
}

/** What holds on AWS, and the two ratios that a reader asks for. */
function shortTable({ cells }: Report): string {
  const fresh = cells.filter(({ workload }) => workload === "fresh");
  const base = fresh.find(({ contender }) => contender === "Powertools");
  if (base === undefined) return "";
  const rows = fresh.map((cell) => [
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
    .map(([workload, list]) => `**${workload}**\n\n${table(cellHeadings, list.map(cellRow))}`)
    .join("\n\n");
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)].join("\n");
}

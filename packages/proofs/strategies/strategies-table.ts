// Writes what the search found into docs/guarantees.md: node packages/proofs/strategies/strategies-table.ts
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { measureHousekeeping, type RelayCosts } from "./housekeeping-cost.ts";
import { proveStrategies, type Searched, sentenceOf } from "./search.ts";

const document = fileURLToPath(new URL("../../../docs/guarantees.md", import.meta.url));
const begin = "<!-- strategies: written by packages/proofs/strategies/strategies-table.ts -->";
const end = "<!-- /strategies -->";

/** The rows of strategies that fail: what they break by, and what then does not hold. */
export function failingRows(searched: readonly Searched[]): string[] {
  return searched
    .filter(({ strategy }) => !strategy.holds)
    .map(({ strategy: { name, because }, counterexample }) => {
      const faults = counterexample?.faults.length ?? "**survives**";
      const how = counterexample ? sentenceOf(counterexample) : "";
      return row(name, because, String(faults), how, counterexample?.violations[0] ?? "");
    });
}

export function holdingRows(searched: readonly Searched[]): string[] {
  return searched
    .filter(({ strategy }) => strategy.holds)
    .map(({ strategy: { name, because }, schedules, counterexample }) =>
      row(
        name,
        because,
        String(schedules),
        counterexample ? `**breaks:** ${sentenceOf(counterexample)}` : "holds",
      ),
    );
}

export function tableOf(searched: readonly Searched[], costs: RelayCosts): string {
  return [
    row("strategy that fails", "because", "fewest faults", "example", "result"),
    "|---|---|---|---|---|",
    ...failingRows(searched),
    "",
    row("strategy that holds", "because", "schedules", "outcome"),
    "|---|---|---|---|",
    ...holdingRows(searched),
    "",
    `Housekeeping reads everything in each run: ${costs.housekeeping
      .map(({ history, readUnits }) => `${readUnits} read units after ${number(history)} messages`)
      .join(
        ", ",
      )}. The sweeper, which reads only unsent rows, takes ${costs.sweeperReadUnits} read unit after the same messages.`,
  ].join("\n");
}

/** The part of the document that is written here. @throws Error when it has no place for it */
export function writtenPart(text: string): {
  readonly before: string;
  readonly part: string;
  readonly after: string;
} {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/guarantees.md must have the lines ${begin} and ${end}`);
  const start = from + begin.length;
  return { before: text.slice(0, start), part: text.slice(start, to).trim(), after: text.slice(to) };
}

export function readDocument(): string {
  return readFileSync(document, "utf8");
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { searched } = await proveStrategies({ pairsMax: 200, onProgress: (text) => console.log(text) });
  const { before, after } = writtenPart(readDocument());
  writeFileSync(document, `${before}\n${tableOf(searched, await measureHousekeeping())}\n${after}`);
  process.exit();
}

// `npm run bench:cost`: counts what a message costs in each mode and writes what follows from it: measured.json,
// which the simulation reads, and the tables of docs/scaling.md.
import { readFileSync, writeFileSync } from "node:fs";
import { commandLine } from "../command-line.ts";
import { startBenchEngines } from "../engines.ts";
import { progress } from "../progress.ts";
import { withSection } from "./document-section.ts";

const document = new URL("../../../../docs/scaling.md", import.meta.url);

const values = commandLine(
  `npm run bench:cost -- [--tables]

  Measures what a message costs in each mode, and writes packages/bench/src/scaling/measured.json and the tables of docs/scaling.md.

  --tables  writes the tables only, from what was measured`,
  { tables: { type: "boolean", default: false } },
);

if (!values.tables) await measure();
const { tables } = await import("./tables.ts"); // it reads what was measured
let text = readFileSync(document, "utf8");
for (const [name, table] of Object.entries(tables())) text = withSection(text, `scaling:${name}`, table);
writeFileSync(document, text);
process.exit(0); // the functions' clients keep their sockets

async function measure(): Promise<void> {
  const engines = await startBenchEngines();
  const { onProgress, end } = progress(process.stderr);
  try {
    const { measureAll } = await import("./measured.ts");
    const measured = await measureAll(engines, { messages: 200, rounds: 3, onProgress });
    const json = JSON.stringify(
      measured,
      (_, value) => (typeof value === "number" ? rounded(value) : value),
      2,
    );
    writeFileSync(new URL("measured.json", import.meta.url), `${json}\n`);
  } finally {
    end();
    await engines.stop();
  }
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

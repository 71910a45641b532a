// `npm run bench:scale`: the cost of a message must not grow with history. Grows the history, the number of keys, the
// forgotten rows and the journal step by step, and repeats the same small measurement at each size. With --write it
// writes docs/growth.svg and the table of docs/scaling.md.
import { readFileSync, writeFileSync } from "node:fs";
import { commandLine } from "./command-line.ts";
import { startBenchEngines } from "./engines.ts";
import { chart } from "./growth/chart.ts";
import { documentColumns, growthHeadings, growthReport, growthRows } from "./growth/report.ts";
import { type Series, verdicts } from "./growth/verdict.ts";
import { sinkLogs } from "./measure.ts";
import { progress } from "./progress.ts";
import { markdownTable, withSection } from "./scaling/document-section.ts";

const values = commandLine(
  `npm run bench:scale -- [--long] [--json] [--write]

  1,000 to 10,000 messages of history, backlog and journal, and 10 to 1,000 keys: some two minutes

  --long   to 100,000 messages and 10,000 keys
  --json   one JSON object at the end
  --write  writes docs/growth.svg and the table of docs/scaling.md`,
  {
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
);

const restoreOutput = sinkLogs(); // whatever runs here logs, and the result stands alone
const series = await grow();
restoreOutput();
const judged = series.flatMap(verdicts);
if (values.json) console.log(JSON.stringify({ series, verdicts: judged }));
else console.log(growthReport(series));
if (values.write) write(series);
process.exit(judged.every(({ flat, exact }) => flat || !exact) ? 0 : 1); // only exact counts fail: times also grow on a loaded machine

async function grow(): Promise<Series[]> {
  const [sizes, keys] = !values.long
    ? [
        [1_000, 10_000],
        [10, 100, 1_000],
      ]
    : [
        [1_000, 10_000, 100_000],
        [10, 100, 1_000, 10_000],
      ];
  const { onProgress, end } = progress(process.stderr);
  let part = 0;
  const step = (what: string) => onProgress(++part, 2 * keys.length + 4 * sizes.length, what);
  const engines = await startBenchEngines();
  try {
    const { kit } = await import("./kit.ts"); // its consumers read the environment when they load
    const { growHistory, growKeys } = await import("./growth/consumer-growth.ts");
    const { growRelay } = await import("./growth/relay-growth.ts");
    const [rows, inline] = ["rows", "inline, by sequence"].map((name) => {
      const found = kit.find((one) => one.name === name);
      if (!found) throw new Error(`the bench must have ${name}`);
      return found;
    }) as [(typeof kit)[number], (typeof kit)[number]];
    const keysOf = (contender: typeof rows) =>
      growKeys(engines, { contender, sizes: keys, onProgress: step });
    const relay = await growRelay(engines, { sizes, onProgress: step });
    return [
      {
        name: "history, rows",
        of: "messages processed before",
        points: await growHistory(engines, { contender: rows, sizes, onProgress: step }),
      },
      {
        name: "history, inline",
        of: "messages processed before",
        points: await growHistory(engines, { contender: inline, sizes, onProgress: step }),
      },
      { name: "keys, rows", of: "keys", points: await keysOf(rows) },
      { name: "keys, inline", of: "keys", points: await keysOf(inline), bounds: { readUnits: 1 } },
      {
        name: "backlog, swept",
        of: "unsent rows",
        points: relay.backlog,
        bounds: { readUnits: 0.5 },
      },
      { name: "journal, append", of: "entries before", points: relay.append },
    ];
  } finally {
    end();
    await engines.stop();
  }
}

function write(series: readonly Series[]): void {
  const document = new URL("../../../docs/scaling.md", import.meta.url);
  const rows = growthRows(series).map((row) => row.slice(0, documentColumns));
  const table = markdownTable(growthHeadings.slice(0, documentColumns), rows);
  writeFileSync(document, withSection(readFileSync(document, "utf8"), "scaling:growth", table));
  writeFileSync(new URL("../../../docs/growth.svg", import.meta.url), chart(series));
}

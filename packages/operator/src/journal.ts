// The operator's command for the journal and its projections: `npm run journal`.

import { setTimeout as sleep } from "node:timers/promises";
import { partitionsMax } from "@essentially-once/messaging/internal/pull/journal-partitions";
import { type Connection, connectTo } from "./connect/connection.ts";
import { outputRequired } from "./connect/outputs.ts";
import { type JournalPlace, readHeads, readPartitions, unreadPartitions } from "./journal/heads.ts";
import { type JournalVerb, journalTool } from "./journal/journal-tool.ts";
import { generationsOf, lagOf, projectionNamed, projectionsOf, readOffsets } from "./journal/projections.ts";
import { type TailedEntry, type TailOptions, tail } from "./journal/tail.ts";
import { type Asked, helpOf, numberGiven, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import { print, printJson, printJsonLine, printText } from "./terminal/print.ts";
import { progress } from "./terminal/progress.ts";
import { printable } from "./terminal/safe-text.ts";
import { textTable } from "./terminal/text-table.ts";

interface Job extends Asked<JournalVerb> {
  readonly connection: Connection;
  readonly place: JournalPlace;
  readonly show: Omit<TailOptions, "place">;
}

const lastMax = 10_000;
const pollEveryMs = 1_000;
/** Of the data in a table: every cell of a column is as wide as the widest. */
const cellCharactersMax = 2_000;

await runCommand(async () => {
  const asked = readCommand(journalTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(journalTool));
    return exitCodes.done;
  }
  const { given } = asked;
  const partition = numberGiven(given, "partition", { min: 0, max: partitionsMax - 1, otherwise: 0 });
  const show = {
    last: numberGiven(given, "last", { min: 0, max: lastMax, otherwise: 10 }),
    partition: given.partition === undefined ? undefined : partition,
    payload: given.payload ?? false,
  };
  const connection = await connectTo(given);
  const { dynamodb, sqs, outputs } = connection;
  const place = {
    dynamodb,
    table: outputRequired(outputs, "JournalTable"),
    name: given.journal ?? "journal",
  };
  try {
    return await { tail: showTail, offsets: showOffsets, rebuild }[asked.verb]({
      ...asked,
      connection,
      place,
      show,
    });
  } finally {
    sqs.destroy();
    dynamodb.destroy();
  }
});

async function showTail({ given, place, show }: Job): Promise<ExitCode> {
  const entries = tail({ place, ...show });
  const first = await entries.next();
  if (!given.follow) {
    if (given.json) printJson({ entries: first });
    else if (first.length === 0) print(emptyText(place));
    else printText(entryTable(first));
    return exitCodes.done;
  }
  let stopped = false;
  process.once("SIGINT", () => {
    stopped = true;
  });
  for (let page = first; !stopped; page = await entries.next()) {
    for (const entry of page) given.json ? printJsonLine(entry) : print(lineOf(entry));
    await sleep(pollEveryMs);
  }
  return exitCodes.done;
}

async function showOffsets({ given, connection: { dynamodb, outputs }, place }: Job): Promise<ExitCode> {
  const heads = await readHeads(place);
  const projections = projectionsOf(outputs);
  const all = (await Promise.all(projections.map((one) => readOffsets(dynamodb, one, heads)))).flat();
  const unread = unreadPartitions(heads, await readPartitions(place));
  if (given.json) {
    printJson({ heads: Object.fromEntries(heads), offsets: all, unread });
  } else if (heads.size === 0) {
    print(emptyText(place));
  } else {
    const rows = all.map(({ projection, generation, role, partition, offset, head, lag }) =>
      [projection, `${generation} ${role}`, partition, offset, head, lag].map(String),
    );
    printText(textTable(["PROJECTION", "GENERATION", "PARTITION", "OFFSET", "HEAD", "LAG"], rows));
    if (unread.length > 0) {
      print(
        `Partitions ${unread.join(", ")} are not read: the journal was created with more partitions than it has now. Restore the number.`,
      );
    }
  }
  return exitCodes.done;
}

async function rebuild({ given, connection, place, operands: [name = ""] }: Job): Promise<ExitCode> {
  const { dynamodb, outputs } = connection;
  const projection = projectionNamed(projectionsOf(outputs), name);
  const generations = generationsOf(dynamodb, projection);
  const before = await generations.read();
  const entries = [...(await readHeads(place)).values()].reduce((sum, head) => sum + head, 0);
  const next = before.building ?? before.serving + 1;
  if (!given.yes) {
    if (given.json) printJson({ dryRun: true, projection: projection.name, ...before, entries });
    else if (before.building !== undefined) print(`Generation ${next} is already being built.`);
    else print(`Would build generation ${next} of ${projection.name} from ${entries} entries: add --yes.`);
    return exitCodes.done;
  }
  const begun = await generations.rebuild();
  if (!given.json) print(`Generation ${next} of ${projection.name} is being built from ${entries} entries.`);
  const end = given.follow ? await follow() : begun;
  if (given.json) printJson({ dryRun: false, projection: projection.name, ...end, entries });
  else if (given.follow) print(`Generation ${end.serving} serves.`);
  return exitCodes.done;

  async function follow() {
    const bar = progress();
    for (;;) {
      const now = await generations.read();
      if (now.serving >= next) {
        bar.end();
        return now;
      }
      const places = await readOffsets(dynamodb, projection, await readHeads(place));
      const behind = lagOf(places.filter(({ role }) => role === "building"));
      bar.show(`generation ${next}: ${behind} of ${entries} entries to go`);
      await sleep(pollEveryMs);
    }
  }
}

function emptyText({ name }: JournalPlace): string {
  return `The journal ${JSON.stringify(name)} is empty.`;
}

function entryTable(entries: readonly TailedEntry[]): string {
  return textTable(
    ["PARTITION", "SEQUENCE", "TIME", "TYPE", "BYTES", "ID", "KEY", ...(hasData(entries) ? ["DATA"] : [])],
    entries.map(cellsOf),
    { cellCharactersMax }, // --json prints all of the data
  );
}

/** An entry as it comes: columns cannot be aligned with what is not there yet. */
function lineOf(entry: TailedEntry): string {
  return cellsOf(entry)
    .map((cell) => printable(cell, cellCharactersMax))
    .join("  ");
}

function cellsOf(entry: TailedEntry): string[] {
  const {
    partition,
    sequence,
    time = "–",
    type = "–",
    id = "–",
    partitionkey = "–",
    bodyBytes,
    data,
  } = entry;
  const payload = data === undefined ? [] : [JSON.stringify(data)];
  return [`${partition}`, `${sequence}`, time, type, `${bodyBytes}`, id, partitionkey, ...payload];
}

function hasData(entries: readonly TailedEntry[]): boolean {
  return entries.some(({ data }) => data !== undefined);
}

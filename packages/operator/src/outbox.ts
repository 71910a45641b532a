// The operator's command for the outbox: `npm run outbox`.

import { nowMs } from "@essentially-once/messaging/clock";
import type { OutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import { publisher } from "@essentially-once/messaging/internal/publish/publisher";
import { keepingClaims } from "@essentially-once/messaging/internal/pull/journal-claims";
import { journal } from "@essentially-once/messaging/journal";
import { claimsOf } from "./connect/claims.ts";
import { type Connection, connectTo } from "./connect/connection.ts";
import { enterKitEnvironment, withLogsAside } from "./connect/kit-environment.ts";
import { outputRequired } from "./connect/outputs.ts";
import { registryOf } from "./connect/registry.ts";
import { keysOf, signerOf } from "./connect/signing.ts";
import { rateDefault } from "./dead-letters/redrive.ts";
import { readPartitions } from "./journal/heads.ts";
import { type OutboxVerb, outboxTool } from "./outbox/outbox-tool.ts";
import { type Pending, readPending } from "./outbox/pending.ts";
import { type Replayed, replay } from "./outbox/replay.ts";
import { ageText, readAge } from "./terminal/age.ts";
import { type Asked, helpOf, numberGiven, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import { pace } from "./terminal/pace.ts";
import { print, printJson, printText } from "./terminal/print.ts";
import { progress } from "./terminal/progress.ts";
import { textTable } from "./terminal/text-table.ts";
import { UsageError } from "./terminal/usage-error.ts";

/** Rows that are shown one by one, or held to be sent. */
const oldestMax = 1_000;
const invalidShownMax = 20;

await runCommand(async () => {
  const asked = readCommand(outboxTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(outboxTool));
    return exitCodes.done;
  }
  const matches = asked.verb === "replay" ? rowsMeant(asked) : () => true;
  const rate = numberGiven(asked.given, "rate", { min: 1, max: 1_000, otherwise: rateDefault });
  const connection = await connectTo(asked.given);
  try {
    return await (asked.verb === "list"
      ? list(asked, connection)
      : send(asked, connection, { matches, rate }));
  } finally {
    connection.sqs.destroy();
    connection.dynamodb.destroy();
  }
});

async function list({ given }: Asked<OutboxVerb>, { dynamodb, outputs }: Connection): Promise<ExitCode> {
  const tables = tablesIn(outputs);
  const bar = progress();
  const pending = await readPending({
    dynamodb,
    tables,
    oldestMax: given.each ? oldestMax : 1,
    onPage: (rows) => bar.show(`${rows} rows read`),
  });
  bar.end();
  const { rows, messages, types, oldest, invalid } = pending;
  if (given.json) {
    printJson({ rows, messages, types, oldest: oldest.map(plain), invalid });
    return exitCodes.done;
  }
  if (rows === 0) print("Nothing is pending.");
  else {
    printText(given.each ? rowTable(oldest) : typeTable(pending));
    const [first] = oldest;
    const age = first ? `; the oldest row is ${first.id}, ${sinceText(first.createdAt)} old` : "";
    print(`${messages} messages in ${rows} rows are pending${age}.`);
  }
  for (const id of invalid.slice(0, invalidShownMax)) print(`Not a row of an outbox: ${id}.`);
  if (invalid.length > invalidShownMax)
    print(`And ${invalid.length - invalidShownMax} more; --json has all.`);
  return exitCodes.done;
}

async function send(
  { given }: Asked<OutboxVerb>,
  connection: Connection,
  { matches, rate }: { matches: (row: OutboxRow) => boolean; rate: number },
): Promise<ExitCode> {
  const { dynamodb, outputs } = connection;
  const tables = tablesIn(outputs);
  const read = (tried: ReadonlySet<string> = new Set()) =>
    readPending({ dynamodb, tables, oldestMax, matches: (row) => matches(row) && !tried.has(row.id) });
  if (!given.yes) {
    const pending = await read();
    if (given.json)
      printJson({ dryRun: true, rows: pending.rows, messages: pending.messages, types: pending.types });
    else if (pending.rows > 0) {
      printText(typeTable(pending));
      print(`Would send ${pending.messages} messages: add --yes to do it.`);
    } else print("No row matches.");
    return pending.rows > 0 ? exitCodes.done : exitCodes.nothing;
  }
  enterKitEnvironment(connection);
  const sign = signerOf(keysOf(connection));
  const claims = claimsOf(connection);
  const journalTable = outputRequired(outputs, "JournalTable");
  const numbers = await readPartitions({ dynamodb, table: journalTable, name: "journal" });
  const [partitions] = numbers.values(); // the number that the relay appends with
  const log = journal({ table: journalTable, ...(partitions !== undefined && { partitions }) });
  const bar = progress();
  const replayed = await withLogsAside(() =>
    replay({
      publisher: publisher({
        outboxTable: outputRequired(outputs, "OrderedOutboxTable"),
        formerOutboxTable: outputRequired(outputs, "OutboxTable"),
        registry: registryOf(connection),
        journal: claims ? keepingClaims(log, claims) : log,
        ...(sign && { sign }),
      }),
      next: read,
      turn: pace(rate),
      onSent: ({ messages }) => bar.show(`${messages} messages sent`),
    }),
  );
  bar.end();
  return sayReplayed(replayed, given.json ?? false);
}

/** The outbox, and that of older releases. */
function tablesIn(outputs: Connection["outputs"]): string[] {
  return ["OrderedOutboxTable", "OutboxTable"].map((key) => outputRequired(outputs, key));
}

function sayReplayed({ rows, messages, left }: Replayed, json: boolean): ExitCode {
  if (json) printJson({ dryRun: false, rows, messages, left });
  else if (rows + left.length === 0) print("No row matches.");
  else {
    print(`${messages} messages of ${rows} rows sent.`);
    for (const id of left) print(`Not fully sent, so still in the outbox: ${id}.`);
  }
  if (left.length > 0) return exitCodes.left;
  return rows > 0 ? exitCodes.done : exitCodes.nothing;
}

function rowsMeant({ given }: Asked<OutboxVerb>): (row: OutboxRow) => boolean {
  const { id: ids, all } = given;
  const olderThan = given["older-than"];
  if (all && (ids || olderThan)) throw new UsageError("--all cannot be combined with --id or --older-than.");
  if (!all && !ids && !olderThan) {
    throw new UsageError("Choose the rows to replay: --id ID, --older-than AGE or --all.");
  }
  const untilMs =
    olderThan === undefined ? Number.POSITIVE_INFINITY : nowMs() - readAge("older-than", olderThan);
  return ({ id, createdAt }) => (ids?.includes(id) ?? true) && !(Date.parse(createdAt) > untilMs); // no time is old
}

function typeTable({ types }: Pending): string {
  return textTable(
    ["TYPE", "PENDING", "OLDEST"],
    types.map(({ type, count, oldest }) => [type, `${count}`, sinceText(oldest)]),
  );
}

function rowTable(rows: readonly OutboxRow[]): string {
  return textTable(
    ["ROW", "AGE", "MESSAGES", "TYPES", "IDS"],
    rows.map(({ id, createdAt, messages }) => [
      id,
      sinceText(createdAt),
      `${messages.length}`,
      [...new Set(messages.map(({ envelope }) => envelope.type))].join(", "),
      messages.map(({ envelope }) => envelope.id).join(", "),
    ]),
  );
}

/** A row in JSON: all of it but what its messages say. */
function plain({ id, createdAt, messages }: OutboxRow) {
  return {
    id,
    createdAt,
    messages: messages.map(({ body, envelope: { data: _said, ...envelope } }) => ({
      ...envelope,
      bodyBytes: Buffer.byteLength(body),
    })),
  };
}

function sinceText(time: string): string {
  return ageText(nowMs() - Date.parse(time));
}

// The operator's command for scheduled messages: `npm run schedules`.

import { nowMs } from "@essentially-once/messaging/clock";
import { asciiJson } from "@essentially-once/messaging/envelope";
import type { ScheduledItem } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { type Connection, connectTo } from "./connect/connection.ts";
import { cancel, cancelStored, schedulesTable, sendNow } from "./schedules/changes.ts";
import { find, isUnreadable, type Unreadable } from "./schedules/find.ts";
import { type SchedulesVerb, schedulesTool } from "./schedules/schedules-tool.ts";
import { contractOf, readWaiting } from "./schedules/waiting.ts";
import { ageText } from "./terminal/age.ts";
import { type Asked, helpOf, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
import type { Given } from "./terminal/flags.ts";
import { print, printJson, printText } from "./terminal/print.ts";
import { progress } from "./terminal/progress.ts";
import { textTable } from "./terminal/text-table.ts";
import { UsageError } from "./terminal/usage-error.ts";

const shownMax = 1_000;

await runCommand(async () => {
  const asked = readCommand(schedulesTool, process.argv.slice(2));
  if (asked.verb === "help") {
    printText(helpOf(schedulesTool));
    return exitCodes.done;
  }
  const connection = await connectTo(asked.given);
  try {
    return await (asked.verb === "list" ? list(asked, connection) : one(asked, connection));
  } finally {
    connection.sqs.destroy();
    connection.dynamodb.destroy();
  }
});

async function list({ given }: Asked<SchedulesVerb>, connection: Connection): Promise<ExitCode> {
  const bar = progress();
  const { messages, types, next, invalid } = await readWaiting({
    dynamodb: connection.dynamodb,
    table: schedulesTable(connection.outputs),
    nextMax: given.each ? shownMax : 1,
    onPage: (read) => bar.show(`${read} messages read`),
  });
  bar.end();
  if (given.json) {
    printJson({ messages, types, next: next.map(plain), invalid });
    return exitCodes.done;
  }
  const rows = given.each
    ? next.map((item) => [contractOf(item), item.key, item.message.type, item.due, untilText(item.due)])
    : types.map((each) => [each.contract, each.type, `${each.count}`, each.next, untilText(each.next)]);
  const head = given.each
    ? ["CONTRACT", "KEY", "TYPE", "DUE", "IN"]
    : ["CONTRACT", "TYPE", "WAITING", "NEXT", "IN"];
  if (messages > 0) printText(textTable(head, rows));
  print(messages === 0 ? "Nothing is scheduled." : `${messages} messages are scheduled.`);
  for (const id of invalid)
    print(
      `Not a scheduled message of this release: ${id}. Its KEY for show and cancel is what follows the #.`,
    );
  return exitCodes.done;
}

async function one(asked: Asked<SchedulesVerb>, connection: Connection): Promise<ExitCode> {
  const { verb, operands, given } = asked;
  const [contract = "", key = ""] = operands;
  const item = await find(connection, contract, key);
  if (item === undefined) {
    if (given.json) printJson({ found: false });
    else
      print(`${contract} has nothing scheduled under this key: it was sent or canceled, or never scheduled.`);
    return exitCodes.nothing;
  }
  if (isUnreadable(item)) return unreadable(asked, connection, item);
  if (verb === "show") {
    const data = given.payload ? { data: item.message.data } : {};
    printJson({ ...plain(item), ...data });
    return exitCodes.done;
  }
  if (!given.yes) {
    if (given.json) printJson({ dryRun: true, ...plain(item) });
    else print(`Would ${verb} ${item.message.type}, due ${item.due}: add --yes to do it.`);
    return exitCodes.done;
  }
  const isDone = await (verb === "cancel" ? cancel(connection, item) : sendNow(connection, item));
  return sayDone(verb, given, isDone);
}

/** An item that this release cannot read is shown as it is stored, and can be canceled. */
async function unreadable(
  { verb, given }: Asked<SchedulesVerb>,
  connection: Connection,
  { id, reason, stored }: Unreadable,
): Promise<ExitCode> {
  const { message: _said, ...attributes } = stored;
  const shown = { id, unreadable: reason, attributes: given.payload ? stored : attributes };
  if (verb === "send")
    throw new UsageError(
      `${reason}. Show or cancel it, or deploy the release that wrote it, which sends it.`,
    );
  if (verb === "show") printJson(shown);
  else if (given.yes) return sayDone(verb, given, await cancelStored(connection, stored));
  else if (given.json) printJson({ dryRun: true, ...shown });
  else print(`Would cancel ${id}, which this release cannot read: add --yes to do it.`);
  return exitCodes.done;
}

function sayDone(verb: SchedulesVerb | "help", given: Given, isDone: boolean): ExitCode {
  const said = verb === "cancel" ? "Canceled." : "Due now: the dispatcher sends it within seconds.";
  if (given.json) printJson({ dryRun: false, done: isDone });
  else print(isDone ? said : "Not done: it was sent, canceled or moved at the same moment.");
  return isDone ? exitCodes.done : exitCodes.left;
}

/** In JSON: all of it but what the message says. */
function plain({ id, key, due, createdAt, message }: ScheduledItem) {
  const { data: _said, ...envelope } = message;
  return { contract: contractOf({ id }), key, due, createdAt, ...envelope, bytes: asciiJson(message).length };
}

function untilText(due: string): string {
  const ms = Date.parse(due) - nowMs();
  return ms < 0 ? `${ageText(-ms)} ago` : ageText(ms);
}

// The operator's command for scheduled messages: `npm run schedules`.
//
//   G12. Cancel and send have the condition that the item is as it was read: what a function or the dispatcher does first, stands.

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import { asciiJson } from "@essentially-once/messaging/envelope";
import {
  itemId,
  moveWrite,
  readScheduledItem,
  removeWrite,
  type ScheduledItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { type Connection, connectTo } from "./connect/connection.ts";
import { outputNamed } from "./connect/outputs.ts";
import { type SchedulesVerb, schedulesTool } from "./schedules/schedules-tool.ts";
import { contractOf, readWaiting } from "./schedules/waiting.ts";
import { ageText } from "./terminal/age.ts";
import { type Asked, helpOf, readCommand } from "./terminal/command-line.ts";
import { type ExitCode, exitCodes, runCommand } from "./terminal/exit-code.ts";
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
    table: tableIn(connection),
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
  for (const id of invalid) print(`Not a scheduled message of this release: ${id}.`);
  return exitCodes.done;
}

async function one(
  { verb, operands, given }: Asked<SchedulesVerb>,
  connection: Connection,
): Promise<ExitCode> {
  const [contract = "", key = ""] = operands;
  const item = await find(connection, contract, key);
  if (item === undefined) {
    if (given.json) printJson({ found: false });
    else
      print(`${contract} has nothing scheduled under this key: it was sent or canceled, or never scheduled.`);
    return exitCodes.nothing;
  }
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
  const isDone = await unlessChanged(() =>
    verb === "cancel" ? cancel(connection, item) : send(connection, item),
  );
  const said = verb === "cancel" ? "Canceled." : "Due now: the dispatcher sends it within seconds.";
  if (given.json) printJson({ dryRun: false, done: isDone });
  else print(isDone ? said : "Not done: it was sent, canceled or moved at the same moment.");
  return isDone ? exitCodes.done : exitCodes.left;
}

async function find(
  connection: Connection,
  contract: string,
  key: string,
): Promise<ScheduledItem | undefined> {
  const { Item } = await connection.dynamodb.send(
    new GetItemCommand({
      TableName: tableIn(connection),
      Key: { id: { S: itemId(contract, key) } },
      ConsistentRead: true,
    }),
  );
  return Item && readScheduledItem(Item);
}

async function cancel(connection: Connection, item: ScheduledItem): Promise<void> {
  const { Delete } = removeWrite(tableIn(connection), item);
  if (Delete) await connection.dynamodb.send(new DeleteItemCommand(Delete));
}

/** Moves it to now, and wakes the dispatcher. */
async function send(connection: Connection, item: ScheduledItem): Promise<void> {
  const { Update } = moveWrite(tableIn(connection), item, nowMs());
  if (Update) await connection.dynamodb.send(new UpdateItemCommand(Update));
  const QueueUrl = outputNamed(connection.outputs, "SchedulesWakeUps");
  if (QueueUrl === undefined) return; // the next minute does it
  const MessageBody = JSON.stringify({ atMs: nowMs(), slots: [item.slot] });
  await connection.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds: 1 }));
}

async function unlessChanged(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function tableIn({ outputs }: Connection): string {
  const table = outputNamed(outputs, "SchedulesTable");
  if (table !== undefined) return table;
  throw new UsageError(
    "This deployment has no table of scheduled messages: no contract of its apps lists types under `schedules`.",
  );
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

// The operator's command for dead letters: `npm run dlq -- list | redrive | discard`.
//
//   Works against the running local cloud and, with --outputs, against any deployment.

import { connect, type Outputs } from "./connection.ts";
import { consumerQueues, queuesNamed } from "./dead-letters/consumer-queues.ts";
import type { DeadLetter } from "./dead-letters/dead-letter.ts";
import { discard } from "./dead-letters/discard.ts";
import { listDeadLetters } from "./dead-letters/list.ts";
import { redrive } from "./dead-letters/redrive.ts";
import { DLQ_HELP, type DlqCommand, parseDlqArguments, type Selection } from "./dlq-arguments.ts";
import { textTable } from "./text-table.ts";
import { UsageError } from "./usage-error.ts";

try {
  process.exitCode = await dlq(parseDlqArguments(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function dlq(command: DlqCommand): Promise<number> {
  if (command.action === "help") {
    console.log(DLQ_HELP);
    return 0;
  }
  const { sqs, dynamodb, outputs } = connect(command);
  try {
    const queues = queuesNamed(consumerQueues(outputs), command.queue);
    if (command.action === "list") {
      showList(await listDeadLetters(sqs, queues), command);
      return 0;
    }
    const dryRun = !command.yes;
    const matches = matching(command.selection);
    const chosen =
      command.action === "discard"
        ? await discard(
            { sqs, dynamodb },
            { queues, evidenceTable: evidenceTableOf(outputs), matches, dryRun },
          )
        : await redrive(sqs, { queues, matches, dryRun });
    showMoved(chosen, { action: command.action, dryRun, json: command.json });
    return chosen.length > 0 ? 0 : 1;
  } finally {
    sqs.destroy();
    dynamodb.destroy();
  }
}

function evidenceTableOf(outputs: Outputs): string {
  const table = Object.values(outputs).find((stack) => stack.EvidenceTable !== undefined)?.EvidenceTable;
  if (table !== undefined) return table;
  throw new UsageError(
    "The outputs name no EvidenceTable, where a FIFO key's line is: nothing was discarded.",
  );
}

function matching(selection: Selection | undefined): (deadLetter: DeadLetter) => boolean {
  switch (selection?.by) {
    case "all":
      return () => true;
    case "reason":
      return ({ reason }) => selection.reasons.includes(reason);
    case "id":
      return ({ id }) => selection.ids.includes(id);
    default:
      return () => false;
  }
}

function showList(
  { deadLetters, unread }: { deadLetters: readonly DeadLetter[]; unread: readonly string[] },
  { json }: { json: boolean },
): void {
  if (json) {
    console.log(JSON.stringify({ deadLetters: deadLetters.map(plain), unread }, undefined, 2));
    return;
  }
  console.log(deadLetters.length === 0 ? "No dead letters." : deadLetterTable(deadLetters));
  for (const line of unread) console.log(`Not read: ${line}.`);
}

function showMoved(
  moved: readonly DeadLetter[],
  { action, dryRun, json }: { action: "redrive" | "discard"; dryRun: boolean; json: boolean },
): void {
  if (json) {
    const name = action === "discard" ? "discarded" : "redriven";
    console.log(JSON.stringify({ dryRun, [name]: moved.map(plain) }, undefined, 2));
    return;
  }
  if (moved.length === 0) {
    console.log("No dead letter matches.");
    return;
  }
  console.log(deadLetterTable(moved));
  const messages = moved.length === 1 ? "1 message" : `${moved.length} messages`;
  const [would, done] = action === "discard" ? ["discard", "Discarded"] : ["send back", "Sent back"];
  console.log(dryRun ? `Would ${would} ${messages}: add --yes to do it.` : `${done} ${messages}.`);
}

function deadLetterTable(deadLetters: readonly DeadLetter[]): string {
  return textTable(
    ["CONSUMER", "REASON", "ID", "TYPE", "RECEIVES", "COPIES", "DETAIL"],
    deadLetters.map(({ consumer, reason, id, type = "–", receiveCount, copies, detail }) => [
      consumer,
      reason,
      id,
      type,
      `${receiveCount ?? "–"}`,
      `${copies.length}`,
      detail,
    ]),
  );
}

function plain({ copies, ...deadLetter }: DeadLetter) {
  return { ...deadLetter, copies: copies.length };
}

// The operator's command for dead letters: `npm run dlq -- list | redrive`.
//
//   Works against the running local cloud and, with --outputs, against any deployment.

import { connect } from "./connection.ts";
import { consumerQueues, queuesNamed } from "./dead-letters/consumer-queues.ts";
import type { DeadLetter } from "./dead-letters/dead-letter.ts";
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
  const { sqs, outputs } = connect(command);
  try {
    const queues = queuesNamed(consumerQueues(outputs), command.queue);
    if (command.action === "list") {
      showList(await listDeadLetters(sqs, queues), command);
      return 0;
    }
    const dryRun = !command.yes;
    const matches = matching(command.selection);
    const redriven = await redrive(sqs, { queues, matches, dryRun });
    showRedriven(redriven, { dryRun, json: command.json });
    return redriven.length > 0 ? 0 : 1;
  } finally {
    sqs.destroy();
  }
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

function showRedriven(
  redriven: readonly DeadLetter[],
  { dryRun, json }: { dryRun: boolean; json: boolean },
): void {
  if (json) {
    console.log(JSON.stringify({ dryRun, redriven: redriven.map(plain) }, undefined, 2));
    return;
  }
  if (redriven.length === 0) {
    console.log("No dead letter matches.");
    return;
  }
  console.log(deadLetterTable(redriven));
  const messages = redriven.length === 1 ? "1 message" : `${redriven.length} messages`;
  console.log(dryRun ? `Would send back ${messages}: add --yes to do it.` : `Sent back ${messages}.`);
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

// `npm run dlq -- redrive`: what it does and says.

import { setTimeout as sleep } from "node:timers/promises";
import { type Moved, moveUnseen } from "./dead-letters/move-task.ts";
import { type Handled, redrive } from "./dead-letters/redrive.ts";
import { mayHaveMissed, selectionOf } from "./dead-letters/selection.ts";
import { handledTable, plain } from "./dead-letters/tables.ts";
import { holdOf, type DlqJob as Job, rateOf } from "./dlq-job.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { Given } from "./flags.ts";
import { print, printError, printJson, printText } from "./print.ts";
import { progress } from "./progress.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
const moveRateMax = 500;

export async function redriveVerb(job: Job): Promise<ExitCode> {
  const { connection, queues, evidenceTable, given } = job;
  if (given.unseen) return moveAll(job);
  const dryRun = !given.yes;
  const counts = { "sent-back": 0, removed: 0, left: 0 };
  const bar = progress();
  try {
    const { handled, unread } = await redrive(connection, {
      queues,
      evidenceTable,
      matches: selectionOf("redrive", given),
      dryRun,
      force: given.force ?? false,
      rate: rateOf(given),
      visibilitySeconds: holdOf(given),
      onHandled({ outcome }, total) {
        counts[outcome] += 1;
        const { "sent-back": sent, removed, left } = counts;
        bar.show(`${sent} sent back, ${removed} removed, ${left} left${total ? ` of ${total}` : ""}`);
      },
    });
    bar.end();
    return sayHandled(handled, { unread, dryRun, given });
  } catch (error) {
    bar.end();
    const { "sent-back": sent, removed } = counts;
    if (sent + removed > 0)
      printError(`Stopped after ${sent} sent back and ${removed} removed; run it again.`);
    throw error;
  }
}

async function moveAll({ connection: { sqs }, queues, given }: Job): Promise<ExitCode> {
  if (!given.yes) {
    const names = queues.map(({ consumer }) => consumer);
    if (given.json) printJson({ dryRun: true, queues: names });
    else print(`Would have SQS move all dead letters of ${names.join(", ")}, unseen: add --yes to do it.`);
    return exitCodes.done;
  }
  const bar = progress();
  const all: Moved[] = [];
  for (const queue of queues) {
    const moved = await moveUnseen(sqs, queue, {
      rate: Math.min(rateOf(given), moveRateMax),
      onProgress: ({ consumer, moved: count }) => bar.show(`${consumer}: ${count} moved`),
      pause: () => sleep(1_000),
    });
    all.push(moved);
  }
  bar.end();
  if (given.json) printJson({ moved: all });
  else for (const { consumer, moved } of all) print(`${consumer}: ${moved} moved.`);
  return exitCodes.done;
}

function sayHandled(
  handled: readonly Handled[],
  { unread, dryRun, given }: { unread: readonly string[]; dryRun: boolean; given: Given },
): ExitCode {
  const count = (outcome: Handled["outcome"]) => handled.filter((one) => one.outcome === outcome).length;
  const [sent, removed, left] = [count("sent-back"), count("removed"), count("left")];
  if (given.json) {
    const list = handled.map(({ deadLetter, ...decision }) => ({ ...plain(deadLetter), ...decision }));
    printJson({ dryRun, sentBack: sent, removed, left, handled: list, unread });
  } else if (handled.length === 0) {
    print("No dead letter matches.");
  } else {
    printText(handledTable(handled, dryRun));
    const tally = `${sent} to send back, ${removed} to remove as done, ${left} to leave`;
    print(
      dryRun
        ? `${tally}: add --yes to do it.`
        : `${sent} sent back, ${removed} removed as done, ${left} left.`,
    );
  }
  if (!given.json) for (const line of unread) print(`Not read: ${line}.`);
  const found = handled.map(({ deadLetter }) => deadLetter);
  if (left > 0 || mayHaveMissed(given, { found, unread })) return exitCodes.left;
  return handled.length > 0 ? exitCodes.done : exitCodes.nothing;
}

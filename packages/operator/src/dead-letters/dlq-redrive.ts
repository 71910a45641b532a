// The work and the output of `npm run dlq -- redrive`.

import { setTimeout as sleep } from "node:timers/promises";
import { type ExitCode, exitCodes } from "../terminal/exit-code.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { print, printError, printJson, printText } from "../terminal/print.ts";
import { progress } from "../terminal/progress.ts";
import { type DlqJob as Job, printUnread, rateOf, visibilitySecondsOf } from "./dlq-job.ts";
import { type Handled, QueuesFailed, type Redriven, redrive } from "./redrive.ts";
import { awaitRedriven, type RedriveResult } from "./redrive-results.ts";
import { mayHaveMissed, selectionOf } from "./selection.ts";
import { handledTable, plain, redriveResultTable } from "./tables.ts";

const waitMs = 120_000;
const pollEveryMs = 1_000;

export async function redriveVerb(job: Job): Promise<ExitCode> {
  const { connection, queues, known, given } = job;
  const dryRun = !given.yes;
  const counts = { "sent-back": 0, removed: 0, left: 0 };
  const bar = progress();
  const interrupt = interruptible();
  const { isStopped } = interrupt;
  const { redriven, failure } = await unlessFailed(() =>
    redrive(connection, {
      queues,
      known,
      matches: selectionOf("redrive", given),
      dryRun,
      force: given.force ?? false,
      rate: rateOf(given),
      visibilitySeconds: visibilitySecondsOf(given),
      isStopped,
      onHandled({ outcome }, total) {
        counts[outcome] += 1;
        const { "sent-back": sent, removed, left } = counts;
        bar.show(`${sent} sent back, ${removed} removed, ${left} left${total ? ` of ${total}` : ""}`);
      },
    }),
  );
  const became = given.wait
    ? await awaitRedriven(connection, redriven.handled, {
        known,
        waitMs,
        isStopped,
        async pause(waiting) {
          bar.show(`${waiting} in progress`);
          await sleep(pollEveryMs);
        },
      })
    : undefined;
  bar.end();
  interrupt.end();
  const exitCode = sayRedriven(job, redriven, { became, failure });
  if (failure !== undefined) {
    printError(`${failure.message}. Finished work is kept: run the command again.`);
    return exitCodes.failed;
  }
  return isStopped() ? exitCodes.left : exitCode;
}

/** A queue that failed does not take the account of the others with it. */
async function unlessFailed(
  work: () => Promise<Redriven>,
): Promise<{ redriven: Redriven; failure?: QueuesFailed }> {
  try {
    return { redriven: await work() };
  } catch (error) {
    if (!(error instanceof QueuesFailed)) throw error;
    return { redriven: error.redriven, failure: error };
  }
}

function sayRedriven(
  { given }: Job,
  { handled, unread }: Redriven,
  { became, failure }: { became: RedriveResult[] | undefined; failure: QueuesFailed | undefined },
): ExitCode {
  const dryRun = !given.yes;
  const count = (outcome: Handled["outcome"]) => handled.filter((one) => one.outcome === outcome).length;
  const [sent, removed, left] = [count("sent-back"), count("removed"), count("left")];
  if (given.json) {
    const list = handled.map(({ deadLetter, queue: _queue, ...decision }) => ({
      ...plain(deadLetter),
      ...decision,
    }));
    const failed = failure && { failed: failure.message };
    printJson({
      dryRun,
      sentBack: sent,
      removed,
      left,
      handled: list,
      unread,
      ...(became && { became }),
      ...failed,
    });
  } else {
    if (handled.length === 0) {
      if (failure === undefined) print("No dead letter matches.");
    } else {
      printText(handledTable(handled, dryRun));
      print(
        dryRun
          ? `${sent} to send back, ${removed} to remove, ${left} to leave: add --yes to do it.`
          : `${sent} sent back, ${removed} removed, ${left} left.`,
      );
    }
    if (became !== undefined && became.length > 0) printText(redriveResultTable(became));
    printUnread(unread);
  }
  const found = handled.map(({ deadLetter }) => deadLetter);
  const isUnsettled = became?.some((one) => one.became === "parked-again" || one.became === "on-the-way");
  if (left > 0 || isUnsettled || mayHaveMissed(given, { found, unread })) return exitCodes.left;
  return handled.length > 0 ? exitCodes.done : exitCodes.nothing;
}

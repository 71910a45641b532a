// The work and the output of `npm run dlq -- discard`.

import { type ExitCode, exitCodes } from "../terminal/exit-code.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { print, printJson, printText } from "../terminal/print.ts";
import { authenticityText } from "./authenticity.ts";
import { type Discarding, discard } from "./discard.ts";
import { type DlqJob as Job, printUnread, visibilitySecondsOf } from "./dlq-job.ts";
import { mayHaveMissed, selectionOf } from "./selection.ts";
import { deadLetterTable, plain } from "./tables.ts";

export async function discardVerb({ connection, queues, known, given }: Job): Promise<ExitCode> {
  const dryRun = !given.yes;
  const interrupt = interruptible();
  const { discarded, left, unread } = await discard(connection, {
    queues,
    known,
    matches: selectionOf("discard", given),
    ids: given.id,
    because: given.because ?? "",
    trust: given["trust-unverified"] ?? false,
    dryRun,
    visibilitySeconds: visibilitySecondsOf(given),
    isStopped: interrupt.isStopped,
  });
  interrupt.end();
  const all = [...discarded, ...left];
  if (given.json) printJson({ dryRun, discarded: discarded.map(inJson), left: left.map(inJson), unread });
  else {
    if (all.length === 0) print("No dead letter matches.");
    else printText(deadLetterTable(all.map((one) => ({ deadLetter: one, authenticity: one.authenticity }))));
    if (discarded.length > 0) {
      print(
        dryRun
          ? `Would discard ${messages(discarded)}: add --yes to do it.`
          : `Discarded ${messages(discarded)}.`,
      );
    }
    for (const { id, why } of left) print(`Left: ${id}: ${why}.`);
    sayWithoutEvidence(discarded);
    printUnread(unread);
  }
  if (interrupt.isStopped() || left.length > 0 || mayHaveMissed(given, { found: all, unread }))
    return exitCodes.left;
  return discarded.length > 0 ? exitCodes.done : exitCodes.nothing;
}

/** For messages that are not authentic: a later copy is judged anew, and the hold list of the group stays as it is. */
function sayWithoutEvidence(discarded: readonly Discarding[]): void {
  const without = discarded.filter(({ evidence, source }) => !evidence && source !== undefined);
  for (const { id, authenticity } of without) {
    print(
      `${id}: its signature is ${authenticityText(authenticity)}, so no evidence is written for its id: ` +
        "a genuine message with that id keeps its evidence and its place in the FIFO group.",
    );
  }
}

function inJson({ authenticity, evidence, why, ...deadLetter }: Discarding) {
  return { ...plain(deadLetter), signature: authenticity, evidence, ...(why !== undefined && { why }) };
}

function messages({ length }: readonly unknown[]): string {
  return length === 1 ? "1 message" : `${length} messages`;
}

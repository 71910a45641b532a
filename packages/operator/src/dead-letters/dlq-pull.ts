// The work and the output of `npm run dlq -- pull`: one dead letter is handled on this machine, and with --send-back and
// --yes it is redriven.
//
//   G6. The dead letter stays where it is, and nothing of the stage changes, until it is sent back by the code of a redrive.

import { type ExitCode, exitCodes } from "../terminal/exit-code.ts";
import { print, printError, printJson } from "../terminal/print.ts";
import { UsageError } from "../terminal/usage-error.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { DlqJob as Job } from "./dlq-job.ts";
import { type Found, findDeadLetters, theOnly } from "./find.ts";
import { type PulledHere, pull } from "./pull.ts";
import { pullLines } from "./pull-lines.ts";
import type { ItemChange, Pulled } from "./pulled.ts";
import { type Handled, redrive } from "./redrive.ts";

export async function pullVerb(job: Job): Promise<ExitCode> {
  const { given } = job;
  const [id = ""] = job.operands;
  const found = await findIt(job, id);
  if (found === undefined) {
    if (given.json) printJson({ pulled: null });
    else print(`No visible dead letter has the id ${id}.`);
    return exitCodes.nothing;
  }
  const { deadLetter } = found;
  const { pulled, shown } = await runOf(job, found);
  const told = { ...pulled, changes: given.values ? pulled.changes : pulled.changes.map(withoutValues) };
  if (!given.json) print(...pullLines(told, shown));
  const handled = given["send-back"] ? await sendBack(job, found, pulled) : undefined;
  const { consumer, evidence, redrive: decision } = shown;
  if (given.json) {
    const sent = handled && { sentBack: { outcome: handled.outcome, why: handled.why } };
    printJson({ pulled: { id: deadLetter.id, consumer, evidence, redrive: decision, ...told }, ...sent });
  } else if (handled !== undefined) {
    print(`Of the stage: ${handled.outcome}${handled.why ? ` (${handled.why})` : ""}.`);
  } else if (given["send-back"]) print("Not sent back: add --yes to do it.");
  return handled?.outcome === "left" ? exitCodes.left : exitCodes.done;
}

/** It can be seen by all again at once. */
async function findIt({ connection, queues, known, given }: Job, id: string): Promise<Found | undefined> {
  const all = await findDeadLetters(connection.sqs, { queues, id, source: given.source, known });
  await Promise.all(all.map(({ held }) => held.release()));
  return theOnly(all, id);
}

async function runOf({ connection, known, given }: Job, { deadLetter, queue }: Found): Promise<PulledHere> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new UsageError("Interrupted: nothing of the stage was changed."));
  process.once("SIGINT", interrupt);
  try {
    return await pull(connection, {
      ...{ known, queue, deadLetter },
      assemblyDirectory: given.assembly,
      inspect: given.inspect ?? false,
      allowEffects: given["allow-effects"] ?? false,
      say: printError,
      signal: interrupted.signal,
    });
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Undefined without --yes. @throws UsageError for what would come back here */
async function sendBack(
  job: Job,
  { deadLetter, queue }: Found,
  pulled: Pulled,
): Promise<Handled | undefined> {
  const { connection, known, given } = job;
  const { outcome, code } = pulled;
  const force = given.force ?? false;
  if (outcome !== "acknowledged" && !force) {
    const how = `${outcome}${code ? `, ${code}` : ""}`;
    throw new UsageError(`Not sent back: here it was ${how}. Fix the cause, or add --force.`);
  }
  if (!given.yes) return undefined;
  const matches = (one: DeadLetter) => isThe(one, deadLetter);
  const { handled } = await redrive(connection, { queues: [queue], known, matches, dryRun: false, force });
  const own = handled.find(({ deadLetter: one }) => isThe(one, deadLetter));
  if (own !== undefined) return own;
  throw new UsageError(
    `${deadLetter.id} is not in the dead-letter queue any more, or another reader holds it.`,
  );
}

function isThe({ copies }: DeadLetter, other: DeadLetter): boolean {
  return copies.some(({ MessageId }) => other.copies.some((copy) => copy.MessageId === MessageId));
}

function withoutValues({ before: _before, after: _after, ...change }: ItemChange): ItemChange {
  return change;
}

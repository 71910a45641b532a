// The work and the output of each verb of `npm run dlq`.

import { claimsOf } from "../connect/claims.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-code.ts";
import type { Given } from "../terminal/flags.ts";
import { print, printJson, printText } from "../terminal/print.ts";
import { namedValues } from "../terminal/text-table.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { authenticityOf } from "./authenticity.ts";
import { readDiscards } from "./discard-record.ts";
import { discardVerb } from "./dlq-discard.ts";
import { editVerb } from "./dlq-edit.ts";
import { type DlqJob as Job, printUnread, rateOf, visibilitySecondsOf } from "./dlq-job.ts";
import { pullVerb } from "./dlq-pull.ts";
import { redriveVerb } from "./dlq-redrive.ts";
import type { DlqVerb } from "./dlq-tool.ts";
import { findDeadLetters } from "./find.ts";
import { byReason, listDeadLetters } from "./list.ts";
import { narrowed, selectionOf } from "./selection.ts";
import { show } from "./show.ts";
import { linesOf } from "./shown-lines.ts";
import { deadLetterTable, plain, reasonTable } from "./tables.ts";

/** Kept in an item with others of the id. Characters. */
const becauseMax = 500;

/** @throws UsageError before anything is connected to or read */
export function refuseUnclear(verb: DlqVerb, given: Given): void {
  if (verb === "redrive" || verb === "discard") selectionOf(verb, given);
  if (verb === "discard" && !given.because) {
    throw new UsageError("discard needs --because TEXT: the reason, which is kept with the record.");
  }
  if ((given.because?.length ?? 0) > becauseMax) {
    throw new UsageError(
      `--because must have at most ${becauseMax} characters, got ${given.because?.length}.`,
    );
  }
  if (verb === "edit" && given.data === undefined) {
    throw new UsageError("edit needs --data FILE: the corrected data as JSON; - reads standard input.");
  }
  if (given.wait && !given.yes)
    throw new UsageError("--wait needs --yes: a dry run sends nothing to wait for.");
  if (verb === "pull" && given.yes && !given["send-back"])
    throw new UsageError("--yes needs --send-back: a pull alone changes nothing.");
  rateOf(given);
  visibilitySecondsOf(given);
}

export const dlqVerbs: Readonly<Record<DlqVerb, (job: Job) => Promise<ExitCode>>> = {
  list,
  show: showVerb,
  redrive: redriveVerb,
  discard: discardVerb,
  edit: editVerb,
  pull: pullVerb,
};

async function list({ connection: { sqs }, queues, known, given }: Job): Promise<ExitCode> {
  const { deadLetters, unread } = await listDeadLetters(sqs, queues, known);
  const matches = narrowed(given);
  const chosen = matches ? deadLetters.filter(matches) : deadLetters;
  const isOneByOne = given.json || matches || given.each;
  const signed = isOneByOne ? await withSignatures(chosen) : [];
  if (given.json) {
    const list = signed.map(({ deadLetter, authenticity }) => ({
      ...plain(deadLetter),
      signature: authenticity,
    }));
    printJson({ groups: byReason(chosen), deadLetters: list, unread });
  } else {
    if (chosen.length === 0) print("No dead letters.");
    else printText(isOneByOne ? deadLetterTable(signed) : reasonTable(byReason(chosen)));
    printUnread(unread);
  }
  return matches && chosen.length === 0 ? exitCodes.nothing : exitCodes.done;

  async function withSignatures(all: typeof chosen) {
    const queueOf = new Map(queues.map((queue) => [queue.consumer, queue]));
    return Promise.all(
      all.map(async (deadLetter) => {
        const queue = queueOf.get(deadLetter.consumer) ?? { queueUrl: "" };
        return { deadLetter, authenticity: await authenticityOf(known.keys, queue, deadLetter) };
      }),
    );
  }
}

async function showVerb(job: Job): Promise<ExitCode> {
  const { connection, queues, known, given } = job;
  const [id = ""] = job.operands;
  const { sqs, dynamodb } = connection;
  const found = await findDeadLetters(sqs, { queues, id, source: given.source, known });
  await Promise.all(found.map(({ held }) => held.release()));
  const payload = given.payload ?? false;
  const claims = payload ? claimsOf(connection) : undefined;
  const shown = await Promise.all(
    found.map(({ deadLetter, queue }) => show({ dynamodb, queue }, deadLetter, { known, payload, claims })),
  );
  const discards = found.length > 0 ? [] : await discardsOf(job, id);
  if (given.json) printJson({ deadLetters: shown, discards });
  else {
    for (const one of shown) printText(`${namedValues(linesOf(one))}\n`);
    if (shown.length === 0) print(`No visible dead letter has the id ${id}.`);
    for (const { consumer, at, by, because } of discards) {
      print(`${consumer}: discarded ${at} by ${by}: ${because}`);
    }
  }
  return shown.length + discards.length > 0 ? exitCodes.done : exitCodes.nothing;
}

async function discardsOf({ connection: { dynamodb }, queues }: Job, id: string) {
  const lists = await Promise.all(
    queues.map(async (queue) =>
      (await readDiscards({ dynamodb, queue }, id)).map((one) => ({
        consumer: queue.consumer,
        ...one,
      })),
    ),
  );
  return lists.flat();
}

// What each verb of `npm run dlq` does and says.
//
//   What people read goes to standard output, how far it is to standard error; with --json one document.

import { claimsOf } from "./claims.ts";
import { discard } from "./dead-letters/discard.ts";
import { readDiscards } from "./dead-letters/discard-record.ts";
import { edit } from "./dead-letters/edit.ts";
import { findDeadLetters } from "./dead-letters/find.ts";
import { byReason, listDeadLetters } from "./dead-letters/list.ts";
import { mayHaveMissed, narrowed, selectionOf } from "./dead-letters/selection.ts";
import { linesOf, show } from "./dead-letters/show.ts";
import { deadLetterTable, plain, reasonTable } from "./dead-letters/tables.ts";
import { holdOf, type DlqJob as Job, rateOf } from "./dlq-job.ts";
import { redriveVerb } from "./dlq-redrive.ts";
import type { DlqVerb } from "./dlq-tool.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { Given } from "./flags.ts";
import { readJson } from "./json-file.ts";
import { print, printJson, printText } from "./print.ts";
import { signerOf } from "./signing.ts";
import { namedValues } from "./text-table.ts";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError before anything is connected to or read */
export function refuseUnclear(verb: DlqVerb, given: Given): void {
  if (verb === "redrive" || verb === "discard") selectionOf(verb, given);
  if (verb === "discard" && !given.because) {
    throw new UsageError("discard takes --because TEXT: why they may go, for whoever looks for them.");
  }
  if (verb === "edit" && given.data === undefined) {
    throw new UsageError("edit takes --data FILE: the corrected data as JSON; - reads standard input.");
  }
  if (given.unseen && (!given.all || given.force)) {
    throw new UsageError("--unseen takes --all, and neither a selection nor --force: SQS looks at nothing.");
  }
  rateOf(given);
  holdOf(given);
}

export const dlqVerbs: Readonly<Record<DlqVerb, (job: Job) => Promise<ExitCode>>> = {
  async list({ connection: { sqs }, queues, given }) {
    const { deadLetters, unread } = await listDeadLetters(sqs, queues);
    const matches = narrowed(given);
    const chosen = matches ? deadLetters.filter(matches) : deadLetters;
    if (given.json) {
      printJson({ groups: byReason(chosen), deadLetters: chosen.map(plain), unread });
    } else {
      const table = matches || given.each ? deadLetterTable(chosen) : reasonTable(byReason(chosen));
      printText(chosen.length === 0 ? "No dead letters." : table);
      for (const line of unread) print(`Not read: ${line}.`);
    }
    return matches && chosen.length === 0 ? exitCodes.nothing : exitCodes.done;
  },

  async show({ connection, queues, evidenceTable, operands: [id = ""], given }) {
    const { sqs, dynamodb } = connection;
    const found = await findDeadLetters(sqs, { queues, id });
    for (const { held } of found) await held.release();
    const payload = given.payload ?? false;
    const claims = payload ? claimsOf(connection) : undefined;
    const shown = await Promise.all(
      found.map(({ deadLetter, queue }) =>
        show({ dynamodb, evidenceTable, queue }, deadLetter, { payload, claims }),
      ),
    );
    const discards = found.length > 0 ? [] : await discardsOf({ connection, queues, evidenceTable }, id);
    if (given.json) printJson({ deadLetters: shown, discards });
    else if (shown.length > 0) for (const one of shown) printText(`${namedValues(linesOf(one))}\n`);
    else print(`No dead letter that can be seen has the id ${id}.`);
    if (!given.json) {
      for (const { consumer, at, by, because } of discards) {
        print(`${consumer}: discarded ${at} by ${by}: ${because}`);
      }
    }
    return shown.length + discards.length > 0 ? exitCodes.done : exitCodes.nothing;
  },

  redrive: redriveVerb,

  async discard({ connection, queues, evidenceTable, given }) {
    const dryRun = !given.yes;
    const { discarded, unread } = await discard(connection, {
      queues,
      evidenceTable,
      matches: selectionOf("discard", given),
      because: given.because ?? "",
      dryRun,
      visibilitySeconds: holdOf(given),
    });
    if (given.json) printJson({ dryRun, discarded: discarded.map(plain), unread });
    else if (discarded.length === 0) print("No dead letter matches.");
    else {
      printText(deadLetterTable(discarded));
      print(
        dryRun
          ? `Would discard ${messages(discarded)}: add --yes to do it.`
          : `Discarded ${messages(discarded)}.`,
      );
    }
    if (!given.json) for (const line of unread) print(`Not read: ${line}.`);
    if (mayHaveMissed(given, { found: discarded, unread })) return exitCodes.left;
    return discarded.length > 0 ? exitCodes.done : exitCodes.nothing;
  },

  async edit({ connection, queues, evidenceTable, operands: [id = ""], given }) {
    const dryRun = !given.yes;
    const edited = await edit(connection, {
      queues,
      evidenceTable,
      id,
      data: readJson("data", given.data ?? ""),
      sign: signerOf(connection),
      dryRun,
      visibilitySeconds: holdOf(given),
    });
    if (given.json) printJson({ dryRun, edited: edited ?? null });
    else if (edited === undefined) print(`No dead letter that can be seen has the id ${id}.`);
    else {
      const { consumer, supersededBy } = edited;
      const what = `${id} of ${consumer} superseded by ${supersededBy}`;
      print(dryRun ? `Would have ${what}: add --yes to do it.` : `${what}, which is sent.`);
    }
    return edited === undefined ? exitCodes.nothing : exitCodes.done;
  },
};

async function discardsOf(
  { connection: { dynamodb }, queues, evidenceTable }: Pick<Job, "connection" | "queues" | "evidenceTable">,
  id: string,
) {
  const lists = await Promise.all(
    queues.map(async (queue) =>
      (await readDiscards({ dynamodb, evidenceTable, queue }, id)).map((one) => ({
        consumer: queue.consumer,
        ...one,
      })),
    ),
  );
  return lists.flat();
}

function messages({ length }: readonly unknown[]): string {
  return length === 1 ? "1 message" : `${length} messages`;
}

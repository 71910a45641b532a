// What each verb of `npm run dlq` does and says.
//
//   What people read goes to standard output, how far it is to standard error; with --json one document.

import { setTimeout as sleep } from "node:timers/promises";
import { claimsOf } from "./claims.ts";
import { type Asked, numberGiven } from "./command-line.ts";
import type { Connection } from "./connection.ts";
import type { ConsumerQueue } from "./dead-letters/consumer-queues.ts";
import { discard } from "./dead-letters/discard.ts";
import { readDiscards } from "./dead-letters/discard-record.ts";
import { edit } from "./dead-letters/edit.ts";
import { findDeadLetters } from "./dead-letters/find.ts";
import { holdSecondsDefault } from "./dead-letters/hold.ts";
import { byReason, listDeadLetters } from "./dead-letters/list.ts";
import { type Moved, moveUnseen } from "./dead-letters/move-task.ts";
import { type Handled, rateDefault, redrive } from "./dead-letters/redrive.ts";
import { narrowed, selectionOf } from "./dead-letters/selection.ts";
import { linesOf, show } from "./dead-letters/show.ts";
import { deadLetterTable, handledTable, plain, reasonTable } from "./dead-letters/tables.ts";
import type { DlqVerb } from "./dlq-tool.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { Given } from "./flags.ts";
import { readJson } from "./json-file.ts";
import { progress } from "./progress.ts";
import { signerOf } from "./signing.ts";
import { namedValues } from "./text-table.ts";
import { UsageError } from "./usage-error.ts";

interface Job extends Asked<DlqVerb> {
  readonly connection: Connection;
  readonly queues: readonly ConsumerQueue[];
  readonly evidenceTable: string;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
const moveRateMax = 500;

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
      say({ groups: byReason(chosen), deadLetters: chosen.map(plain), unread });
    } else {
      const table = matches || given.each ? deadLetterTable(chosen) : reasonTable(byReason(chosen));
      console.log(chosen.length === 0 ? "No dead letters." : table);
      for (const line of unread) console.log(`Not read: ${line}.`);
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
    if (given.json) say({ deadLetters: shown, discards });
    else if (shown.length > 0) for (const one of shown) console.log(`${namedValues(linesOf(one))}\n`);
    else console.log(`No dead letter that can be seen has the id ${id}.`);
    if (!given.json) {
      for (const { consumer, at, by, because } of discards) {
        console.log(`${consumer}: discarded ${at} by ${by}: ${because}`);
      }
    }
    return shown.length + discards.length > 0 ? exitCodes.done : exitCodes.nothing;
  },

  async redrive(job) {
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
      return sayHandled(handled, { unread, dryRun, json: given.json ?? false });
    } catch (error) {
      bar.end();
      const { "sent-back": sent, removed } = counts;
      if (sent + removed > 0)
        console.error(`Stopped after ${sent} sent back and ${removed} removed; run it again.`);
      throw error;
    }
  },

  async discard({ connection, queues, evidenceTable, given }) {
    const dryRun = !given.yes;
    const discarded = await discard(connection, {
      queues,
      evidenceTable,
      matches: selectionOf("discard", given),
      because: given.because ?? "",
      dryRun,
      visibilitySeconds: holdOf(given),
    });
    if (given.json) say({ dryRun, discarded: discarded.map(plain) });
    else if (discarded.length === 0) console.log("No dead letter matches.");
    else {
      console.log(deadLetterTable(discarded));
      console.log(
        dryRun
          ? `Would discard ${messages(discarded)}: add --yes to do it.`
          : `Discarded ${messages(discarded)}.`,
      );
    }
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
    if (given.json) say({ dryRun, edited: edited ?? null });
    else if (edited === undefined) console.log(`No dead letter that can be seen has the id ${id}.`);
    else {
      const { consumer, supersededBy } = edited;
      const what = `${id} of ${consumer} superseded by ${supersededBy}`;
      console.log(dryRun ? `Would have ${what}: add --yes to do it.` : `${what}, which is sent.`);
    }
    return edited === undefined ? exitCodes.nothing : exitCodes.done;
  },
};

async function moveAll({ connection: { sqs }, queues, given }: Job): Promise<ExitCode> {
  if (!given.yes) {
    const names = queues.map(({ consumer }) => consumer);
    if (given.json) say({ dryRun: true, queues: names });
    else
      console.log(`Would have SQS move all dead letters of ${names.join(", ")}, unseen: add --yes to do it.`);
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
  if (given.json) say({ moved: all });
  else for (const { consumer, moved } of all) console.log(`${consumer}: ${moved} moved.`);
  return exitCodes.done;
}

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

function sayHandled(
  handled: readonly Handled[],
  { unread, dryRun, json }: { unread: readonly string[]; dryRun: boolean; json: boolean },
): ExitCode {
  const count = (outcome: Handled["outcome"]) => handled.filter((one) => one.outcome === outcome).length;
  const [sent, removed, left] = [count("sent-back"), count("removed"), count("left")];
  if (json) {
    const list = handled.map(({ deadLetter, ...decision }) => ({ ...plain(deadLetter), ...decision }));
    say({ dryRun, sentBack: sent, removed, left, handled: list, unread });
  } else if (handled.length === 0) {
    console.log("No dead letter matches.");
  } else {
    console.log(handledTable(handled, dryRun));
    const tally = `${sent} to send back, ${removed} to remove as done, ${left} to leave`;
    console.log(
      dryRun
        ? `${tally}: add --yes to do it.`
        : `${sent} sent back, ${removed} removed as done, ${left} left.`,
    );
  }
  if (!json) for (const line of unread) console.log(`Not read: ${line}.`);
  if (handled.length === 0) return exitCodes.nothing;
  return left > 0 ? exitCodes.left : exitCodes.done;
}

function rateOf(given: Given): number {
  return numberGiven(given, "rate", { min: 1, max: 1_000, otherwise: rateDefault });
}

function holdOf(given: Given): number {
  return numberGiven(given, "hold", { min: 1, max: 43_200, otherwise: holdSecondsDefault });
}

function messages({ length }: readonly unknown[]): string {
  return length === 1 ? "1 message" : `${length} messages`;
}

function say(document: unknown): void {
  console.log(JSON.stringify(document, undefined, 2));
}

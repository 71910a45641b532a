// What must hold of every app after a run. Pure: everything comes from tables, queues, the journal and the answers that the callers
// hold in their hands; only what was denied is the local cloud's word.

import { type DeadLetter, RECEIVES_EXHAUSTED } from "@essentially-once/operator/dead-letters/dead-letter";
import { type JournalPartition, journalErrors } from "../look/journal-records.ts";
import type { Garbage } from "../send/garbage.ts";
import type { Answered } from "../send/requests.ts";
import { type Invariant, invariant } from "./invariant.ts";

export interface Facts {
  /** What is sent, in the plural, and how many of it. */
  readonly sends: string;
  readonly count: number;
  readonly answered: readonly Answered[];
  readonly garbage: readonly Garbage[];
  readonly deadLetters: readonly DeadLetter[];
  /** What still waits, in words. */
  readonly left: readonly string[];
  readonly journal: readonly JournalPartition[];
  /** What functions wanted and their roles do not allow. */
  readonly denials: readonly string[];
}

/** @param isPoison whether a dead letter that is no garbage had to become one */
export function generalInvariants(facts: Facts, isPoison: (deadLetter: DeadLetter) => boolean): Invariant[] {
  const { sends, count, answered, garbage, deadLetters, left, journal, denials } = facts;
  const unproved = count === 0 ? [`nothing was sent, so nothing is proved: give --${sends}`] : [];
  const journaled = journal.reduce((all, { records }) => all + records.length, 0);
  return [
    invariant("there is something to count", unproved, `${count} ${sends} to send`),
    invariant(
      "each request has one answer, however often it was repeated",
      answerErrors(answered),
      `${answered.length} answered`,
    ),
    invariant(
      "the dead letters are the poison and nothing else",
      deadLetterErrors(facts, isPoison),
      `${deadLetters.length} dead letters, ${garbage.length} of them garbage`,
    ),
    invariant("every queue and the outbox are empty", left, "nothing waits, nothing is in flight"),
    invariant(
      "the journal holds each message once, without a gap",
      journalErrors(journal),
      `${journaled} messages in ${journal.length} partitions`,
    ),
    invariant("permissions: each role allows what its function does", denials, "nothing was denied"),
  ];
}

function answerErrors(answered: readonly Answered[]): string[] {
  return answered.flatMap(({ key, answers, failure }) => {
    if (answers.length === 0) return [`${key} was never answered: ${failure}`];
    return answers.length > 1 ? [`${key} has ${answers.length} different answers`] : [];
  });
}

/** What garbage is parked as when trouble left no receive in which to look at it. */
const reasonsOfTrouble = [RECEIVES_EXHAUSTED, "RETRIES_EXHAUSTED"];

function deadLetterErrors(
  { garbage, deadLetters }: Facts,
  isPoison: (deadLetter: DeadLetter) => boolean,
): string[] {
  const bodies = new Set(garbage.map(({ body }) => body));
  const reasons = new Map(deadLetters.map(({ body, reason }) => [body, reason]));
  return [
    ...deadLetters
      .filter((deadLetter) => !bodies.has(deadLetter.body) && !isPoison(deadLetter))
      .map(({ consumer, id, reason }) => `${id} was parked by ${consumer} (${reason}) and is no poison`),
    ...garbage.flatMap(({ queue, reasons: [wanted = "", ...others], body }) => {
      const reason = reasons.get(body);
      if (reason === undefined) return [`${wanted} in ${queue} is in no dead-letter queue`];
      const right = [wanted, ...others, ...reasonsOfTrouble].includes(reason);
      return right ? [] : [`${wanted} in ${queue} was parked as ${reason}`];
    }),
  ];
}

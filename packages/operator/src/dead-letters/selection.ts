// Selects dead letters by id, source, reason or age, or all. A dead letter must match all given conditions.

import { nowMs } from "@essentially-once/messaging/clock";
import { readAge } from "../terminal/age.ts";
import type { Given } from "../terminal/flags.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { type DeadLetter, hasId } from "./dead-letter.ts";
import { currentCode } from "./former-codes.ts";

export type Matches = (deadLetter: DeadLetter) => boolean;

/** @throws UsageError when nothing says which, or `--all` and something else does */
export function selectionOf(verb: string, given: Given): Matches {
  const matches = narrowed(given);
  if (given.all && matches)
    throw new UsageError("--all cannot be combined with --id, --source, --reason or an age.");
  if (given.all) return () => true;
  if (matches) return matches;
  throw new UsageError(
    `Choose the dead letters to ${verb}: --id ID, --source SOURCE, --reason CODE, --older-than AGE, --younger-than AGE or --all.`,
  );
}

/** Undefined when neither id, source, reason nor age is given. */
export function narrowed(given: Given): Matches | undefined {
  const { id, source, reason } = given;
  const now = nowMs();
  const olderMs = ageGiven(given, "older-than");
  const youngerMs = ageGiven(given, "younger-than");
  const ageMs = ({ parkedAt }: DeadLetter) => now - Date.parse(parkedAt ?? "");
  const tests: Matches[] = [
    ...(id ? [(one: DeadLetter) => id.some((wanted) => hasId(one, wanted))] : []),
    ...(source === undefined ? [] : [(one: DeadLetter) => one.source === source]),
    ...(reason ? [(one: DeadLetter) => reason.map(currentCode).includes(one.reason)] : []),
    ...(olderMs === undefined ? [] : [(one: DeadLetter) => ageMs(one) >= olderMs]),
    ...(youngerMs === undefined ? [] : [(one: DeadLetter) => ageMs(one) < youngerMs]),
  ];
  return tests.length === 0 ? undefined : (one) => tests.every((test) => test(one));
}

/** Whether dead letters that could not be read may be among those meant: not when each id that was given is found. */
export function mayHaveMissed(
  { id }: Given,
  { found, unread }: { readonly found: readonly DeadLetter[]; readonly unread: readonly string[] },
): boolean {
  const complete = id?.every((wanted) => found.some((one) => hasId(one, wanted))) ?? false;
  return unread.length > 0 && !complete;
}

function ageGiven(given: Given, flag: "older-than" | "younger-than"): number | undefined {
  const text = given[flag];
  return text === undefined ? undefined : readAge(flag, text);
}

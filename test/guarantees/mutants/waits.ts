// Mutants of what tells waits from attempts: a good message of a busy key is never parked, and never forgotten (G6, G11).
import { type Mutant, messaging, quickTest } from "./mutant.ts";

const nextTry = "functions/messaging/next-try.ts";
const partitions = "functions/messaging/journal-partitions.ts";

export const waitMutants: readonly Mutant[] = [
  {
    name: "a lost race is an attempt",
    file: "functions/messaging/lost-race.ts",
    find: "new RetryLater(lost.code, undefined, { waited: true })",
    replace: "new RetryLater(lost.code)",
    checks: [messaging("lost-race")],
  },
  {
    name: "a throttle is an attempt",
    file: "functions/messaging/waits.ts",
    find: "return error instanceof Error && refusedForNow.has(error.name);",
    replace: "return false;",
    checks: [messaging("next-try")],
  },
  {
    name: "a wait is noted as an attempt",
    file: "functions/messaging/run-ledger.ts",
    find: "runs: hasWaited ? attempts : attemptOf(record),",
    replace: "runs: attemptOf(record),",
    checks: [messaging("run-ledger")],
  },
  {
    name: "a message that waits is moved by SQS, without a reason",
    file: nextTry,
    find: "if (receives >= receivesMax) return over(",
    replace: "if (receives > receivesMax) return over(",
    checks: [messaging("next-try")],
  },
  {
    name: "a message that waits is forgotten by its queue",
    file: nextTry,
    find: "if (leftMs <= 0) return over(",
    replace: "if (leftMs <= Number.NEGATIVE_INFINITY) return over(",
    checks: [messaging("next-try")],
  },
  {
    name: "a delay is longer than the queue keeps the message",
    file: nextTry,
    find: "Math.min(retryAfterSeconds, Math.ceil(leftMs / 1_000))",
    replace: "retryAfterSeconds",
    checks: [messaging("next-try")],
  },
  {
    name: "losers of a race in one process race on",
    file: "functions/messaging/turns.ts",
    find: "if (before !== undefined) {",
    replace: "if (before === null) {",
    checks: [messaging("turns")],
  },
  {
    name: "at most once: a conflict is a loss",
    file: "functions/messaging/at-most-once.ts",
    find: "if (!isBusy || !(await waitToRetry(",
    replace: "if (isBusy || !(await waitToRetry(",
    checks: [quickTest("guarantees/hot-key/hot-key")],
  },
  {
    name: "journal: with another number of partitions it goes on",
    file: partitions,
    find: "if (found !== partitions) throw",
    replace: "if (found < 0) throw",
    checks: [messaging("journal")],
  },
  {
    name: "journal: partitions beyond its number are unread without a word",
    file: partitions,
    find: "if (partition >= size.partitions) throw",
    replace: "if (partition < 0) throw",
    checks: [messaging("journal")],
  },
];

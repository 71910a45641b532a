// Mutants of rates, breakers and pauses (G13, G6): a rate is kept by all environments together, an outage parks nothing.
import { faults, type Mutant, messaging, quickTest } from "./mutant.ts";

const line = "packages/messaging/src/limit/token-line.ts";
const rate = "packages/messaging/src/limit/rate.ts";
const breaker = "packages/messaging/src/limit/breaker.ts";
const state = "packages/messaging/src/limit/breaker-state.ts";

export const limitMutants: readonly Mutant[] = [
  {
    name: "rate: tokens that were sold at a higher rate are used",
    file: rate,
    find: "return of === id && Number(intervalUs) >= line.intervalUs;",
    replace: "return of === id && Number(intervalUs) >= 0;",
    checks: [messaging("rate")],
  },
  {
    name: "rate: an idle line begins for two at once",
    file: line,
    find: 'condition: "attribute_not_exists(nextUs) OR nextUs < :oldest OR nextUs > :latest",',
    replace: "",
    checks: [quickTest("proofs/limits/limits")],
  },
  {
    name: "rate: the interval is rounded down to whole seconds",
    file: line,
    find: "Math.ceil(1_000_000 / perSecond)",
    replace: "Math.floor(1 / perSecond) * 1_000_000 || 1",
    checks: [messaging("rate")],
  },
  {
    name: "rate: a late token is used",
    file: line,
    find: "return tokenUs <= nowUs && nowUs < tokenUs + burstUs;",
    replace: "return tokenUs <= nowUs;",
    checks: [messaging("rate")],
  },
  {
    name: "rate: a token is used before its moment",
    file: rate,
    find: "if (!(await isInTime(tokenUs, event))) throw comeBack(event, id, tokenUs);",
    replace: "if (tokenUs / 1_000 - nowMs() > 60_000) throw comeBack(event, id, tokenUs);",
    checks: [messaging("rate")],
  },
  {
    name: "rate: a second run uses the token of the first",
    file: rate,
    find: "used.add(sqsMessage);",
    replace: "",
    checks: [messaging("rate")],
  },
  {
    name: "rate: tokens are sold any distance ahead",
    file: line,
    find: "Math.min(aheadSeconds * (1 + waits), aheadMaxSeconds) * 1_000_000",
    replace: "(aheadMaxSeconds + aheadSeconds + waits) * 1_000_000",
    checks: [messaging("rate")],
  },
  {
    name: "rate: newcomers overtake those who waited",
    file: line,
    find: "b.waits - a.waits",
    replace: "0 * (b.waits - a.waits)",
    checks: [messaging("rate")],
  },
  {
    name: "rate: waiting for a token is an attempt",
    file: rate,
    find: `return new RetryLater("RATE_LIMITED", seconds, {
      waited: true,`,
    replace: `return new RetryLater("RATE_LIMITED", seconds, {
      waited: false,`,
    checks: [messaging("rate")],
  },
  {
    name: "rate: messages pass when the table does not answer",
    file: rate,
    find: 'throw new RetryLater("RATE_UNAVAILABLE", undefined, { cause, waited: true });',
    replace: "return nowMs() * 1_000 - 1;",
    checks: [messaging("rate")],
  },
  {
    name: "a token is kept for a later receive than the next",
    file: "packages/messaging/src/receive/attempt-store.ts",
    find: "const kept = isOfLastReceive(note, record) ? note.kept : undefined;",
    replace: "const kept = note.kept;",
    checks: [messaging("attempt-store")],
  },
  {
    name: "a message comes back later than its token",
    file: "packages/messaging/src/receive/next-try.ts",
    find: "(kept && asked) ?? ",
    replace: "",
    checks: [messaging("next-try")],
  },
  {
    name: "short waits use up the receives of the queue",
    file: "packages/messaging/src/receive/next-try.ts",
    find: "const pace = waited ? paceSeconds({ receives, receivesMax, leftMs }) : 0;",
    replace: "const pace = 0 * paceSeconds({ receives, receivesMax, leftMs });",
    checks: [messaging("next-try")],
  },
  {
    name: "at most once: a message that waits for its rate is lost",
    file: "packages/messaging/src/commit/at-most-once.ts",
    find: "const isUntouched = request.error instanceof Park || isWait(request.error);",
    replace: "const isUntouched = request.error instanceof Park && !isWait(request.error);",
    checks: [messaging("at-most-once")],
  },
  {
    name: "breaker: it never opens",
    file: breaker,
    find: "state.failed.size >= enough",
    replace: "state.failed.size > 1_000",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: one bad message opens it",
    file: breaker,
    find: "const message = evidenceId(event);\n      recent.add(message, true);",
    replace: "const message = evidenceId(event) + nowMs() + Math.random();\n      recent.add(message, true);",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: a failure among successes is no attempt",
    file: breaker,
    find: "if (!begun.get(event.unit) && !recent.areFailures()) return;",
    replace: "",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: a failure in an outage is an attempt",
    file: breaker,
    find: "if (state) request.error = noAttempt(error as Error, state);",
    replace: "void noAttempt; void state;",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: messages pass while it is open",
    file: breaker,
    find: "if (isOpen(seen)) throw wait(untilOpenEnds(seen));",
    replace: "",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: any number of probes",
    file: state,
    find: "size(probes) < :max OR",
    replace: "size(probes) < :max OR size(probes) >= :max OR",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: two environments open it for one failure",
    file: state,
    find: '"attribute_not_exists(openings)"',
    replace: '"attribute_not_exists(none)"',
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: it opens for the same time each time",
    file: breaker,
    find: "openMs * 2 ** Math.min(openings, 20)",
    replace: "openMs",
    checks: [messaging("breaker")],
  },
  {
    name: "breaker: a success does not close it",
    file: breaker,
    find: "if (probing) await recover(probing);",
    replace: "if (probing) return;",
    checks: [messaging("breaker"), faults("effect behind a breaker and a rate")],
  },
  {
    name: "breaker: probes that died are never replaced",
    file: state,
    find: "seen.probesUntilMs > 0 && seen.probesUntilMs < nowMs()",
    replace: "seen.probesUntilMs < 0 && seen.probesUntilMs < nowMs()",
    checks: [messaging("breaker")],
  },
];

// Mutants of leases: effects outside DynamoDB (G8) and at most once (G9).
import { faults, type Mutant, messaging, orders, test } from "./mutant.ts";

const lease = "packages/messaging/src/commit/lease.ts";
const effect = "packages/messaging/src/commit/effect.ts";
const atMostOnce = "packages/messaging/src/commit/at-most-once.ts";

export const outsideMutants: readonly Mutant[] = [
  {
    name: "lease without owner and fence",
    file: lease,
    find: `"#owner = :owner AND #fence = :fence AND #state = :state"`,
    replace: `"(#owner = :owner OR #fence >= :fence OR #fence < :fence) AND #state = :state"`,
    checks: [messaging("lease")],
  },
  {
    name: "lease that anybody may overtake",
    file: lease,
    find: "const waitMs = found.untilMs + graceMs - nowMs();",
    replace: "const waitMs = 0;",
    checks: [orders("effect under a lease")],
  },
  {
    name: "lease without its grace",
    file: lease,
    find: "const waitMs = found.untilMs + graceMs - nowMs();",
    replace: "const waitMs = found.untilMs - nowMs();",
    checks: [messaging("lease")],
  },
  {
    name: "own claim taken for another's",
    file: lease,
    find: "if (refused === undefined || refused.item?.owner === owner) {",
    replace: "if (refused === undefined) {",
    checks: [messaging("lease")],
  },
  {
    name: "effect: its calls are told as the handler's own",
    file: "packages/messaging/src/aws/in-flight.ts",
    find: "belonging.runStores({ effect: name }, () => runs.exit(work))",
    replace: "runs.exit(work)",
    checks: [test("proofs/own-calls")],
  },
  {
    name: "lost race: the second run of a handler is told as the first",
    file: "packages/messaging/src/aws/in-flight.ts",
    find: "belonging.runStores({ run }, () => work(openDuring(run, unit)))",
    replace: "work(openDuring(run, unit))",
    checks: [test("proofs/own-calls")],
  },
  {
    name: "effect: its result is not recorded",
    file: effect,
    find: "return record(claim.lease, key, result);",
    replace: "return result;",
    checks: [messaging("effect")],
  },
  {
    name: "effect: what is in doubt is done again unasked",
    file: effect,
    find: "claim.inDoubt ? await ask(claim.lease, key, work) : undefined;",
    replace: "undefined;",
    checks: [faults("effect under a lease")],
  },
  {
    name: "effect: no answer is taken for no",
    file: effect,
    find: `throw open(error, "LOOKUP_FAILED", lease, key);`,
    replace: "return undefined;",
    checks: [messaging("effect")],
  },
  {
    name: "effect: in doubt without a lookup, done again",
    file: effect,
    find: "if (work.lookup === undefined) throw inDoubt(lease, key);\n",
    replace: "",
    checks: [messaging("effect")],
  },
  {
    name: "effect: begun when its lease has no time left",
    file: effect,
    find: "if (lease.untilMs - recordMs - nowMs() < performMinMs) {",
    replace: "if (lease.untilMs === 0) {",
    checks: [messaging("effect")],
  },
  {
    name: "at most once: a claim that ended without a word runs again",
    file: atMostOnce,
    find: "if (!claim.inDoubt) return undefined;",
    replace: "if (claim.fence > 0) return undefined;",
    checks: [messaging("at-most-once"), faults("at most once")],
  },
  {
    name: "at most once: a loss is not settled",
    file: atMostOnce,
    find: "request.response = await lose(lease, { errorCode: codeOf(request.error), deadlineMs, mayBeDone });",
    replace: `request.response = { kind: "duplicate" };`,
    checks: [faults("at most once")],
  },
  {
    name: "at most once: the claim is not in the transaction",
    file: atMostOnce,
    find: `measure([lease.settlement("done"), ...writes])`,
    replace: "measure(writes)",
    checks: [messaging("at-most-once"), faults("at most once")],
  },
  {
    name: "at most once: the sender tries again",
    file: "packages/messaging/src/aws/sqs-client.ts",
    find: "      maxAttempts: 1,",
    replace: "      maxAttempts: 3,",
    checks: [messaging("send-once")],
  },
];

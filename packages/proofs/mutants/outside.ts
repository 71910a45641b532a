// Mutants of leases: effects outside DynamoDB (G8) and at most once (G9).
import { faults, type Mutant, messaging, orders, test } from "./mutant.ts";

const lease = "packages/messaging/src/commit/lease.ts";
const effect = "packages/messaging/src/commit/effect.ts";
const atMostOnce = "packages/messaging/src/commit/at-most-once.ts";

export const outsideMutants: readonly Mutant[] = [
  {
    name: "a lease is settled without checking owner and fence",
    file: "packages/messaging/src/commit/lease-item.ts",
    find: `"#owner = :owner AND #fence = :fence AND #state = :state"`,
    replace: `"(#owner = :owner OR #fence >= :fence OR #fence < :fence) AND #state = :state"`,
    checks: [messaging("lease")],
  },
  {
    name: "leases of one moment: one that another has counts as free",
    file: lease,
    find: 'if (result === "alone" || result.code !== "DuplicateItem") return put(item, absent);',
    replace:
      'if (result !== "alone") return undefined;\n    if (result === "alone") return put(item, absent);',
    checks: [messaging("lease")],
  },
  {
    name: "leases of one moment: a result counts as stored whatever came of its statement",
    file: lease,
    find: 'return answer === "done" ? undefined : put(item, unchanged(mine));',
    replace: 'return answer !== "alone" ? undefined : put(item, unchanged(mine));',
    checks: [messaging("lease")],
  },
  {
    name: "a lease can be taken before it ends",
    file: lease,
    find: "const waitMs = found.untilMs + graceMs - nowMs();",
    replace: "const waitMs = 0;",
    checks: [orders("effect under a lease")],
  },
  {
    name: "a lease has no grace period",
    file: lease,
    find: "const waitMs = found.untilMs + graceMs - nowMs();",
    replace: "const waitMs = found.untilMs - nowMs();",
    checks: [messaging("lease")],
  },
  {
    name: "a delivery takes its own lease for another's",
    file: lease,
    find: "if (refused === undefined || refused.item?.owner === owner) {",
    replace: "if (refused === undefined) {",
    checks: [messaging("lease")],
  },
  {
    name: "explorer: calls inside an effect count as the handler's own",
    file: "packages/messaging/src/aws/in-flight.ts",
    find: "callContext.runStores({ effect: name }, () => runs.exit(work))",
    replace: "runs.exit(work)",
    checks: [test("proofs/own-calls")],
  },
  {
    name: "explorer: a handler's second run counts as its first",
    file: "packages/messaging/src/aws/in-flight.ts",
    find: "callContext.runStores({ run }, () => work(openDuring(run, unit)))",
    replace: "work(openDuring(run, unit))",
    checks: [test("proofs/own-calls")],
  },
  {
    name: "effect: the result is not recorded",
    file: effect,
    find: "return record(acquired.lease, key, result);",
    replace: "return result;",
    checks: [messaging("effect")],
  },
  {
    name: "effect: an effect in doubt is repeated without a lookup",
    file: effect,
    find: "acquired.inDoubt ? await ask(acquired.lease, key, work) : undefined;",
    replace: "undefined;",
    checks: [faults("effect under a lease")],
  },
  {
    name: "effect: a failed lookup counts as “not performed”",
    file: effect,
    find: `throw open(error, "LOOKUP_FAILED", lease, key);`,
    replace: "return undefined;",
    checks: [messaging("effect")],
  },
  {
    name: "effect: an effect in doubt is repeated when there is no lookup",
    file: effect,
    find: "if (work.lookup === undefined) throw inDoubt(lease, key);\n",
    replace: "",
    checks: [messaging("effect")],
  },
  {
    name: "effect: started when the lease has no time left",
    file: effect,
    find: "if (lease.untilMs - recordMs - nowMs() < performMinMs) {",
    replace: "if (lease.untilMs === 0) {",
    checks: [messaging("effect")],
  },
  {
    name: "at most once: a message whose process died runs again",
    file: atMostOnce,
    find: "if (!acquired.inDoubt) return undefined;",
    replace: "if (acquired.fence > 0) return undefined;",
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
    name: "at most once: the transaction does not check who took the message",
    file: atMostOnce,
    find: `measure([lease.settlement("done"), ...writes])`,
    replace: "measure(writes)",
    checks: [messaging("at-most-once"), faults("at most once")],
  },
  {
    name: "at most once: the sender retries",
    file: "packages/messaging/src/aws/sqs-client.ts",
    find: "      maxAttempts: 1,",
    replace: "      maxAttempts: 3,",
    checks: [messaging("send-once")],
  },
];

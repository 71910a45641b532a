// Mutants of the commit: evidence, state and outbox in one transaction (G1, G2).
import { faults, type Mutant, messaging, quickTest, test } from "./mutant.ts";

const rows = "functions/messaging/rows.ts";
const groupCommit = "functions/messaging/group-commit.ts";

export const commitMutants: readonly Mutant[] = [
  {
    name: "evidence without its condition",
    file: rows,
    find: `ConditionExpression: "attribute_not_exists(id)", // G2`,
    replace: "// G2",
    checks: [faults("rows, group commit")],
  },
  {
    name: "evidence last in its transaction",
    file: rows,
    find: "[evidenceWrite(delivery, receipt), ...writes];",
    replace: "[...writes, evidenceWrite(delivery, receipt)];",
    checks: [messaging("rows")],
  },
  {
    name: "outbox row in a second transaction",
    file: rows,
    find: "await (group ? group.commit(delivery.unit, unit) : send(unit.actions));",
    replace: "(await send(unit.actions.slice(0, -1))) ?? (await send(unit.actions.slice(-1)));",
    checks: [faults("rows, each alone")],
  },
  {
    name: "same id, other data: taken for a duplicate",
    file: "functions/messaging/rows-evidence.ts",
    find: "if (!saysTheSame(evidence, digestOf(message))) {",
    replace: "if (evidence.digest === undefined) {",
    checks: [messaging("rows")],
  },
  {
    name: "state saved whatever its version",
    file: "functions/messaging/versioned-table.ts",
    find: `"attribute_not_exists(version)" : "version = :read"`,
    replace: `"attribute_not_exists(eo_never)" : "attribute_not_exists(eo_never) OR version = :read"`,
    checks: [quickTest("functions/messaging/versioned-table")],
  },
  {
    name: "state's reason before the evidence's",
    file: "functions/messaging/cancellation.ts",
    find: `if (evidence?.Code === "ConditionalCheckFailed") return`,
    replace: `if (evidence?.Code === "ConditionalCheckFailed" && !reasons.slice(1).some(({ Code }) => Code === "ConditionalCheckFailed")) return`,
    checks: [quickTest("functions/messaging/cancellation")],
  },
  {
    name: "a conflict is taken for a refusal",
    file: "functions/messaging/cancellation.ts",
    find: `  "TransactionConflict",\n`,
    replace: "",
    checks: [faults("rows, group commit")],
  },
  {
    name: "outgoing ids by chance",
    file: "functions/messaging/unit-of-work.ts",
    find: "id: derivedId(cause.source, cause.id, producer, position),",
    replace: "id: derivedId(cause.source, cause.id, producer, position, Math.random()),",
    checks: [quickTest("functions/messaging/unit-of-work")],
  },
  {
    name: "the evidence is not asked before a second run",
    file: "functions/messaging/idempotency.ts",
    find: "if (!isProbablyDone(event)) return undefined;",
    replace: "if (event.deadlineMs > 0) return undefined;",
    checks: [messaging("already-done")],
  },
  {
    name: "the evidence is not asked when a handler fails",
    file: "functions/messaging/idempotency.ts",
    find: "return error instanceof StateMoved ? undefined : findOrUndefined(event);",
    replace: "return undefined;",
    checks: [messaging("rows")],
  },
  {
    name: "a lost race for the state is the message's failure",
    file: "functions/messaging/delivery.ts",
    find: "if (!isRepeatable(error)) throw error;",
    replace: "throw error;",
    checks: [messaging("rows")],
  },
  {
    name: "group commit with one item twice",
    file: groupCommit,
    find: "![...items].some((item) => one.items.has(item)),",
    replace: "items.size > 0,",
    checks: [messaging("group-commit")],
  },
  {
    name: "group commit: a member's failure is everybody's",
    file: groupCommit,
    find: "members.length === 1 ? [] : members.filter((_, index) => isInnocent(shares[index]));",
    replace: "[] as Ready[];",
    checks: [messaging("group-commit")],
  },
  {
    name: "group commit: reasons by the wrong member",
    file: groupCommit,
    find: "    start = end;\n",
    replace: "",
    checks: [messaging("group-commit")],
  },
  {
    name: "evidence is read without asking for the latest",
    file: "functions/messaging/shared-read.ts",
    find: "ConsistentRead: true, // what",
    replace: "ConsistentRead: false, // what",
    checks: [test("guarantees/consistent-reads")],
  },
  {
    name: "work that nobody awaited is committed around",
    file: "functions/messaging/in-flight.ts",
    find: "if (run.calls.size > 0) throw notAwaited([...run.calls.values()]);",
    replace: "",
    checks: [messaging("in-flight")],
  },
];

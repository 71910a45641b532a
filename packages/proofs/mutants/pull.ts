// Mutants of the journal and of those who pull from it (G2, G4, G10).
import { faults, type Mutant, messaging, orders } from "./mutant.ts";

const items = "packages/messaging/src/pull/journal-items.ts";

export const pullMutants: readonly Mutant[] = [
  {
    name: "pull: the offset is saved after the state",
    file: "packages/messaging/src/pull/offset-modes.ts",
    find: "await offsets.commit(move, writesOf(delivery.unit, move), { deadlineMs });",
    replace: `const [{ transact }, { dynamodb }] = await Promise.all([import("../commit/transaction.ts"), import("../aws/clients.ts")]);
      const { writes } = delivery.unit;
      if (writes.length > 0) await transact(dynamodb)(writes);
      await offsets.commit(move, writesOf({ ...delivery.unit, writes: [] }, move), { deadlineMs });`,
    checks: [faults("pull, with-state")],
  },
  {
    name: "pull: the offset is saved before the effect",
    file: "packages/messaging/src/pull/offset-modes.ts",
    find: "    await deliver(chain, { contract, message, deadlineMs }, context); // UNIT_NOT_COMMITTED if it collects work\n    await offsets.commit(move, [], { deadlineMs });",
    replace:
      "    await offsets.commit(move, [], { deadlineMs });\n    await deliver(chain, { contract, message, deadlineMs }, context);",
    checks: [faults("pull, after-effect")],
  },
  {
    name: "pull: the offset moves without a condition",
    file: "packages/messaging/src/pull/offset.ts",
    find: `ConditionExpression: "#offset = :from",`,
    replace: `ConditionExpression: "#offset = :from OR #offset <> :from",`,
    checks: [messaging("offset"), orders("pull, with-state")],
  },
  {
    name: "pull: the offset passes a failed record",
    file: "packages/messaging/src/pull/pull.ts",
    find: `if (options.onPoison === "stop" ||`,
    replace: "if (",
    checks: [messaging("projection")],
  },
  {
    name: "pull: older versions of a type are skipped",
    file: "packages/messaging/src/pull/projection.ts",
    find: "new Set(typesOf(contract.accepts))",
    replace: "new Set(contract.accepts.map(({ type }) => type))",
    checks: [messaging("projection")],
  },
  {
    name: "pull: a parked record is not saved",
    file: "packages/messaging/src/pull/pull.ts",
    find: "await moveTo(sequence, [parkWrite(reason, { body, sequence })]);",
    replace: "await moveTo(sequence, []);",
    checks: [messaging("projection")],
  },
  {
    name: "rebuild: serves before it has caught up",
    file: "packages/messaging/src/pull/projection.ts",
    find: "if (rebuilt.caughtUp) await generations.serve(now);",
    replace: "await generations.serve(now);",
    checks: [messaging("projection"), faults("pull, rebuild")],
  },
  {
    name: "rebuild: publishes messages again",
    file: "packages/messaging/src/pull/projection.ts",
    find: "publishes: generation === now.serving,",
    replace: "publishes: true,",
    checks: [messaging("projection")],
  },
  {
    name: "rebuild: a record that publishes is parked",
    file: "packages/messaging/src/pull/pull.ts",
    find: " || reason.code === rebuildPublishes",
    replace: "",
    checks: [messaging("projection")],
  },
  {
    name: "journal: two appends get one number",
    file: items,
    find: `ConditionExpression: "#head = :head",`,
    replace: `ConditionExpression: "#head = :head OR #head <> :head",`,
    checks: [messaging("journal")],
  },
  {
    name: "journal: entries are written without conditions",
    file: items,
    find: `    ConditionExpression: "attribute_not_exists(id)",\n`,
    replace: "",
    checks: [faults("relay by stream")],
  },
  {
    name: "journal: an append goes on after an unconfirmed message",
    file: "packages/messaging/src/pull/journal-append.ts",
    find: "if (!(await appendChunk(partition, chunk, results, deadlineMs))) return false;",
    replace: "await appendChunk(partition, chunk, results, deadlineMs);",
    checks: [messaging("journal")],
  },
];

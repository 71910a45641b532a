// Mutants of the way from a batch to its answer: neighbours, order, parking, the last receive (G4, G5, G6, G11).
import { faults, type Mutant, messaging, quickTest } from "./mutant.ts";

const consumer = "functions/messaging/consumer.ts";
const subscription = "functions/messaging/subscription.ts";
const isolation = "functions/messaging/isolation.ts";
const keyOrder = "functions/messaging/key-order.ts";

export const consumerMutants: readonly Mutant[] = [
  {
    name: "identity by SQS's messageId",
    file: consumer,
    find: "envelope: readEnvelope(record.body) };",
    replace: "envelope: { ...readEnvelope(record.body), id: record.messageId } };",
    checks: [faults("rows, each alone")],
  },
  {
    name: "an answer that confirms what failed",
    file: consumer,
    find: "batchItemFailures: failures.map(",
    replace: "batchItemFailures: failures.slice(0, 0).map(",
    checks: [faults("rows, each alone")],
  },
  {
    name: "copies of a message run side by side",
    file: consumer,
    find: "envelope instanceof Park ? record.messageId : JSON.stringify([envelope.source, envelope.id]);",
    replace: "envelope instanceof Park ? record.messageId : JSON.stringify([record.messageId]);",
    checks: [messaging("consumer")],
  },
  {
    name: "FIFO: a group goes on behind a failure",
    file: "functions/messaging/batch.ts",
    find: "else if (options.inOrder) break;",
    replace: "",
    checks: [messaging("fifo")],
  },
  {
    name: "FIFO: nothing waits behind a parked message",
    file: subscription,
    find: "await beforePark?.(reason);",
    replace: "",
    checks: [faults("FIFO with a poison")],
  },
  {
    name: "FIFO: parked before its successors are held",
    file: subscription,
    find: "await beforePark?.(reason);\n      await park(record, reason, receiveCount);",
    replace: "await park(record, reason, receiveCount);\n      await beforePark?.(reason);",
    checks: [messaging("fifo")],
  },
  {
    name: "FIFO: a redriven message stays in its line",
    file: consumer,
    find: "await order.lift(record);\n            return outcome;",
    replace: "return outcome;",
    checks: [faults("FIFO, parked and redriven")],
  },
  {
    name: "FIFO: whoever is in the line may run",
    file: keyOrder,
    find: "line.length === 0 || line[0] === id ||",
    replace: "line.length === 0 || line.includes(id) ||",
    checks: [faults("FIFO, parked and redriven")],
  },
  {
    name: "FIFO: a line without an end",
    file: keyOrder,
    find: "const lineMax = 1_000;",
    replace: "const lineMax = 1_000_000;",
    checks: [messaging("key-order")],
  },
  {
    name: "FIFO: a line whose first is gone holds for ever",
    file: keyOrder,
    find: "&& isFirstGone(hold)) {",
    replace: "&& isFirstGone(noHold)) {",
    checks: [messaging("fifo"), messaging("holds")],
  },
  {
    name: "acknowledged before it is parked",
    file: subscription,
    find: "await park(record, reason, receiveCount);\n",
    replace: "void park(record, reason, receiveCount).catch(() => undefined);\n",
    checks: [faults("FIFO with a poison")],
  },
  {
    name: "the last receive goes by without a reason",
    file: subscription,
    find: "if (attempt < maxReceiveCount) return undefined;",
    replace: "if (attempt <= maxReceiveCount) return undefined;",
    checks: [messaging("consumer")],
  },
  {
    name: "a retry without a delay",
    file: subscription,
    find: "VisibilityTimeout: retryAfterSeconds,",
    replace: "VisibilityTimeout: 0,",
    checks: [messaging("consumer")],
  },
  {
    name: "suspects run among their neighbours",
    file: isolation,
    find: "if (redelivered.length === 0) return process(items);",
    replace: "if (redelivered.length >= 0) return process(items);",
    checks: [quickTest("functions/messaging/isolation")],
  },
  {
    name: "suspects run before their neighbours are deleted",
    file: isolation,
    find: "await forget([...others.filter((item) => !failed.has(item)), ...[...done].flat()]);",
    replace: "",
    checks: [quickTest("functions/messaging/isolation")],
  },
  {
    name: "who was alone when the process died is forgotten",
    file: isolation,
    find: `await ledger.note(recordOf(item), "alone");`,
    replace: ";",
    checks: [quickTest("functions/messaging/isolation")],
  },
  {
    name: "a suspect that is not begun is noted",
    file: isolation,
    find: `if (nowMs() < deadlineMs) await ledger.note`,
    replace: `await ledger.note`,
    checks: [quickTest("functions/messaging/isolation")],
  },
  {
    name: "an older run's good word counts for the last",
    file: "functions/messaging/run-ledger.ts",
    find: `run === "ended" && receiveCount === receiveCountOf(record) - 1 ?`,
    replace: `run === "ended" ?`,
    checks: [messaging("run-ledger")],
  },
  {
    name: "work is begun after the deadline",
    file: "functions/messaging/batch.ts",
    find: "if (nowMs() >= options.deadlineMs) return;",
    replace: "",
    checks: [quickTest("functions/messaging/batch")],
  },
  {
    name: "a hung socket is only logged",
    file: "functions/messaging/clients.ts",
    find: "throwOnRequestTimeout: true,",
    replace: "throwOnRequestTimeout: false,",
    checks: [messaging("clients")],
  },
];

// Mutants of the way from a batch to its answer: neighbours, order, parking, the last receive (G4, G5, G6, G11).
import { faults, type Mutant, messaging, quickTest } from "./mutant.ts";

const consumer = "functions/messaging/consumer.ts";
const failedRecord = "functions/messaging/failed-record.ts";
const queueOrder = "functions/messaging/queue-order.ts";
const isolation = "functions/messaging/isolation.ts";
const keyOrder = "functions/messaging/key-order.ts";

export const consumerMutants: readonly Mutant[] = [
  {
    name: "identity by SQS's messageId",
    file: "functions/messaging/received.ts",
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
    file: queueOrder,
    find: "(envelope instanceof Park ? record.messageId : identityOf(envelope)),",
    replace: "record.messageId,",
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
    file: failedRecord,
    find: "await beforePark?.(next);",
    replace: "",
    checks: [faults("FIFO with a poison")],
  },
  {
    name: "FIFO: parked before its successors are held",
    file: failedRecord,
    find: 'await beforePark?.(next);\n  const { parkRecord } = await import("./park-record.ts");',
    replace:
      'const { parkRecord } = await import("./park-record.ts");\n  await parkRecord(queue, record, next, { isLast: false });\n  await beforePark?.(next);',
    checks: [messaging("fifo")],
  },
  {
    name: "FIFO: a forgery holds its group",
    file: "functions/messaging/fifo-order.ts",
    find: "(await isVouched(vouch, item)) ?",
    replace: "vouch ?",
    checks: [messaging("fifo")],
  },
  {
    name: "FIFO: a redriven message stays in its line",
    file: consumer,
    find: "await order.lift(item);\n",
    replace: "",
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
    file: failedRecord,
    find: "await parkRecord(queue, record, next, { isLast });",
    replace: '"whole"; void parkRecord(queue, record, next, { isLast }).catch(() => undefined);',
    checks: [faults("FIFO with a poison")],
  },
  {
    name: "what AWS refuses for good is tried to the last receive",
    file: "functions/messaging/permanent.ts",
    find: "if (refused.has(name) ||",
    replace: 'if (name === "" ||',
    checks: [messaging("permanent")],
  },
  {
    name: "a message that leaves no room is parked without its reason",
    file: "functions/messaging/park-record.ts",
    find: "if (!bucket) return undefined;",
    replace: "if (bucket) return undefined;",
    checks: [messaging("parked-body")],
  },
  {
    name: "attributes of a sender are the kit's word",
    file: "functions/messaging/park-attributes.ts",
    find: "&& Attributes?.DeadLetterQueueSourceArn === undefined",
    replace: "",
    checks: [messaging("parked-body")],
  },
  {
    name: "the last receive goes by without a reason",
    file: "functions/messaging/next-try.ts",
    find: "attempt >= queue.attemptsMax)",
    replace: "attempt > queue.attemptsMax)",
    checks: [messaging("consumer")],
  },
  {
    name: "a retry without a delay",
    file: failedRecord,
    find: "({ receiptHandle, seconds: retryAfterSeconds })",
    replace: "({ receiptHandle, seconds: 0 })",
    checks: [messaging("consumer")],
  },
  {
    name: "a failure that could not be settled is acknowledged",
    file: consumer,
    find: "return false; // it comes again",
    replace: "return true; // it comes again",
    checks: [messaging("subscription")],
  },
  {
    name: "a redelivered batch is taken for a first one",
    file: "functions/messaging/received.ts",
    find: "return receiveCountOf(record) > 1;",
    replace: "return receiveCountOf(record) > 1_000;",
    checks: [messaging("already-done")],
  },
  {
    name: "suspects run among their neighbours",
    file: isolation,
    find: "if (suspected.length === 0) return process(items);",
    replace: "if (suspected.length >= 0) return process(items);",
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

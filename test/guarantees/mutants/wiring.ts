// Mutants of the stacks and of the operator's redrive: what no handler can put right (G3, G5, G6).
import { faults, type Mutant, quickTest, test } from "./mutant.ts";

const mapping = "lib/constructs/outbox-publisher.ts";

export const wiringMutants: readonly Mutant[] = [
  {
    name: "stream read from LATEST",
    file: mapping,
    find: "StartingPosition.TRIM_HORIZON",
    replace: "StartingPosition.LATEST",
    checks: [quickTest("lib/constructs/outbox-publisher")],
  },
  {
    name: "a sweep is repeated by Lambda itself",
    file: "lib/constructs/outbox-sweeper.ts",
    find: "    this.function.configureAsyncInvoke(onceAnEvent);\n",
    replace: "",
    checks: [quickTest("lib/constructs/outbox-sweeper")],
  },
  {
    name: "stream retries without an end",
    file: mapping,
    find: "      retryAttempts: 10,",
    replace: "      retryAttempts: -1,",
    checks: [quickTest("lib/constructs/outbox-publisher")],
  },
  {
    name: "messages in items are given up after ten tries",
    file: mapping,
    find: "retryAttempts: 10_000,",
    replace: "retryAttempts: 10 ,",
    checks: [quickTest("lib/constructs/outbox-publisher")],
  },
  {
    name: "queue mapping without partial responses",
    file: "lib/constructs/queue-consumer.ts",
    find: "reportBatchItemFailures: true,",
    replace: "reportBatchItemFailures: false,",
    checks: [quickTest("lib/constructs/queue-consumer")],
  },
  {
    name: "visibility of one attempt",
    file: "lib/constructs/redrive-queue.ts",
    find: "6 * functionTimeout.toSeconds()",
    replace: "functionTimeout.toSeconds()",
    checks: [quickTest("lib/constructs/redrive-queue")],
  },
  {
    name: "TTL on unsent rows",
    file: "lib/foundation-stack.ts",
    find: "      stream: StreamViewType.NEW_IMAGE,",
    replace: `      timeToLiveAttribute: "expiresAt",\n      stream: StreamViewType.NEW_IMAGE,`,
    checks: [quickTest("lib/foundation-stack")],
  },
  {
    name: "evidence without an end",
    file: "lib/service-stack.ts",
    find: `      timeToLiveAttribute: "expiresAt",`,
    replace: "",
    checks: [quickTest("lib/service-stack")],
  },
  {
    name: "services share their evidence",
    file: "lib/rules/evidence-rules.ts",
    find: "[...sharedEvidence(templates), ...foreignEvidence(templates)]",
    replace: "[]",
    checks: [quickTest("lib/rules/wiring-rules")],
  },
  {
    name: "evidence for ten days",
    file: "functions/messaging/message-life.ts",
    find: "export const evidenceDays = 60;",
    replace: "export const evidenceDays = 10;",
    checks: [quickTest("functions/messaging/message-life")],
  },
  {
    name: "bundle without a require for CommonJS packages",
    file: "lib/constructs/bundle.ts",
    find: "text.includes(requireShim)",
    replace: "text === requireShim",
    checks: [quickTest("lib/constructs/load-bundles")],
  },
  {
    name: "redrive: sent although it was done",
    file: "operations/dead-letters/decision.ts",
    find: `return { outcome: "removed", why: verdict.at === undefined ? "was done" : \`was done at \${verdict.at}\` };`,
    replace: `return { outcome: "sent-back" };`,
    checks: [test("operations/redrive-evidence")],
  },
  {
    name: "redrive: deleted before it is sent",
    file: "operations/dead-letters/redrive-in-order.ts",
    find: "      await sendBack(sqs, queue, deadLetter);\n",
    replace:
      "      await remove(sqs, queue, deadLetter, deleted);\n      await sendBack(sqs, queue, deadLetter);\n",
    checks: [faults("FIFO, parked and redriven")],
  },
];

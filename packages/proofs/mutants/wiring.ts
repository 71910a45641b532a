// Mutants of the stacks and of the operator's redrive: what no handler can put right (G3, G5, G6).
import { faults, type Mutant, quickTest, test } from "./mutant.ts";

const mapping = "packages/constructs/src/constructs/outbox-publisher.ts";

export const wiringMutants: readonly Mutant[] = [
  {
    name: "the stream is read from LATEST",
    file: mapping,
    find: "StartingPosition.TRIM_HORIZON",
    replace: "StartingPosition.LATEST",
    checks: [quickTest("constructs/constructs/outbox-publisher")],
  },
  {
    name: "Lambda repeats a failed sweep by itself",
    file: "packages/constructs/src/constructs/outbox-sweeper.ts",
    find: "    this.function.configureAsyncInvoke(withoutAsyncRetries);\n",
    replace: "",
    checks: [quickTest("constructs/constructs/outbox-sweeper")],
  },
  {
    name: "stream retries are unlimited",
    file: mapping,
    find: "      retryAttempts: 10,",
    replace: "      retryAttempts: -1,",
    checks: [quickTest("constructs/constructs/outbox-publisher")],
  },
  {
    name: "inline messages are given up after ten tries",
    file: mapping,
    find: "retryAttempts: 10_000,",
    replace: "retryAttempts: 10 ,",
    checks: [quickTest("constructs/constructs/outbox-publisher")],
  },
  {
    name: "a role may put rows of others into the outbox, by PartiQL",
    file: "packages/constructs/src/rules/outbox-rules.ts",
    find: '"PartiQLInsert", "PartiQLUpdate"]',
    replace: '"PartiQLUpdate"]',
    checks: [quickTest("constructs/rules/wiring-rules")],
  },
  {
    name: "the queue mapping does not report batch item failures",
    file: "packages/constructs/src/constructs/queue-consumer.ts",
    find: "reportBatchItemFailures: true,",
    replace: "reportBatchItemFailures: false,",
    checks: [quickTest("constructs/constructs/queue-consumer")],
  },
  {
    name: "the visibility timeout covers one attempt only",
    file: "packages/constructs/src/constructs/redrive-queue.ts",
    find: "6 * functionTimeout.toSeconds()",
    replace: "functionTimeout.toSeconds()",
    checks: [quickTest("constructs/constructs/redrive-queue")],
  },
  {
    name: "unsent rows have a TTL",
    file: "packages/constructs/src/stacks/foundation-stack.ts",
    find: "      stream: StreamViewType.NEW_IMAGE,",
    replace: `      timeToLiveAttribute: "expiresAt",\n      stream: StreamViewType.NEW_IMAGE,`,
    checks: [quickTest("constructs/stacks/foundation-stack")],
  },
  {
    name: "evidence has no TTL",
    file: "packages/constructs/src/stacks/service-stack.ts",
    find: `      timeToLiveAttribute: "expiresAt",`,
    replace: "",
    checks: [quickTest("constructs/stacks/service-stack")],
  },
  {
    name: "services share their evidence",
    file: "packages/constructs/src/rules/evidence-rules.ts",
    find: "[...sharedEvidence(templates), ...foreignEvidence(templates)]",
    replace: "[]",
    checks: [quickTest("constructs/rules/wiring-rules")],
  },
  {
    name: "evidence lasts ten days",
    file: "packages/messaging/src/envelope/message-life.ts",
    find: "export const evidenceDays = 60;",
    replace: "export const evidenceDays = 10;",
    checks: [quickTest("messaging/message-life")],
  },
  {
    name: "a bundle has no `require` for CommonJS packages",
    file: "packages/constructs/src/bundle/make-bundle.ts",
    find: "text.includes(requireShim)",
    replace: "text === requireShim",
    checks: [quickTest("constructs/bundle/load-bundles")],
  },
  {
    name: "a redrive sends a message that was processed",
    file: "packages/operator/src/dead-letters/decision.ts",
    find: `outcome: "removed",\n        why: verdict.at === undefined`,
    replace: `outcome: "sent-back",\n        why: verdict.at === undefined`,
    checks: [test("operator/redrive-evidence")],
  },
  {
    name: "a redrive deletes a message before sending it",
    file: "packages/operator/src/dead-letters/redrive-in-order.ts",
    find: "      await sendBack(sqs, queue, deadLetter);\n",
    replace:
      "      await remove(sqs, queue, deadLetter, deleted);\n      await sendBack(sqs, queue, deadLetter);\n",
    checks: [faults("FIFO, parked and redriven")],
  },
];

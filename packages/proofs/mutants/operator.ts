// Mutants of the operator's commands: what they believe of a dead letter, and what they leave behind (G2, G5, G6, G7).
import { faults, type Mutant, quickTest, test } from "./mutant.ts";

const forgeries = test("operator/forgeries");
const left = test("operator/redrive-left");
const discard = "packages/operator/src/dead-letters/discard.ts";
const authenticity = "packages/operator/src/dead-letters/authenticity.ts";

export const operatorMutants: readonly Mutant[] = [
  {
    name: "a discard leaves no evidence",
    file: discard,
    find: "if (message !== undefined) await forgo(place, message);",
    replace: "",
    checks: [forgeries, faults("signed, parked and discarded")],
  },
  {
    name: "a discard of a forged message writes evidence for the genuine id",
    file: discard,
    find: `standing === "forged" || !isTrusted ? undefined : messageOf`,
    replace: "messageOf",
    checks: [forgeries],
  },
  {
    name: "a discard of a forged message releases its group",
    file: discard,
    find: "if (isTrusted) await leaveHold(place, deadLetter);",
    replace: "await leaveHold(place, deadLetter);",
    checks: [forgeries],
  },
  {
    name: "a discard goes on although the keys cannot be read",
    file: discard,
    find: `if (authenticity.kind !== "unknown" || trust) return undefined;`,
    replace: "return undefined;",
    checks: [forgeries, faults("signed, parked and discarded")],
  },
  {
    name: "an edit signs an unverified message without asking",
    file: "packages/operator/src/dead-letters/edit.ts",
    find: "  refuseUnverified(old, authenticity, trust);\n",
    replace: "",
    checks: [forgeries],
  },
  {
    name: "an edit of a forged message writes evidence for the genuine id",
    file: "packages/operator/src/dead-letters/edit.ts",
    find: `const mayTakeEffect = standingOf(authenticity, deadLetter) !== "forged";`,
    replace: "const mayTakeEffect = true;",
    checks: [forgeries],
  },
  {
    name: "an edit does not record that its message was sent",
    file: "packages/operator/src/dead-letters/edit.ts",
    find: "if (mayTakeEffect) await confirmSuperseded(place, superseded);",
    replace: "",
    checks: [test("operator/edit")],
  },
  {
    name: "moving evidence: a copy overwrites newer evidence",
    file: "packages/operator/src/evidence/copy.ts",
    find: `, ConditionExpression: "attribute_not_exists(id)"`,
    replace: "",
    checks: [test("operator/evidence/copy")],
  },
  {
    name: "moving evidence: copied while invocations may still run",
    file: "packages/operator/src/evidence/move.ts",
    find: "  await wait(seconds);\n",
    replace: "",
    checks: [test("operator/evidence/move")],
  },
  {
    name: "moving evidence: functions run between the copy and the switch",
    file: "packages/constructs/src/constructs/evidence-move.ts",
    find: "  stopped.reservedConcurrentExecutions = 0;",
    replace: " ",
    checks: [quickTest("constructs/constructs/evidence-move")],
  },
  {
    name: "moving evidence: the old table is used after the switch",
    file: "packages/constructs/src/stacks/service-stack.ts",
    find: `config.moveEvidence === "pause"`,
    replace: "config.moveEvidence",
    checks: [quickTest("constructs/constructs/evidence-move")],
  },
  {
    name: "a signature counts as valid because it names a key",
    file: authenticity,
    find: `return verify(text, { body, envelope, queueName }, key) ? { kind: "valid", keyId } : { kind: "invalid" };`,
    replace: `return { kind: "valid", keyId };`,
    checks: [forgeries],
  },
  {
    name: "dead letters with one id and different signatures count as copies",
    file: "packages/operator/src/dead-letters/dead-letter.ts",
    find: `return JSON.stringify([name, signature, bytes.digest("hex")]);`,
    replace: `return JSON.stringify([name, bytes.digest("hex")]);`,
    checks: [forgeries],
  },
  {
    name: "one dead letter that SQS refuses stops the redrive",
    file: "packages/operator/src/dead-letters/refusal.ts",
    find: "if (refusal === undefined) throw error;",
    replace: "throw error;",
    checks: [left],
  },
  {
    name: "one failing queue stops the redrive of the others",
    file: "packages/operator/src/dead-letters/redrive.ts",
    find: "failures.push({ consumer: queue.consumer, error });",
    replace: "throw error;",
    checks: [left],
  },
  {
    name: "a redrive sends messages that would be parked again",
    file: "packages/operator/src/dead-letters/decision.ts",
    find: "objection(message, verdict) ?? (again && ",
    replace: "objection(body, verdict) ?? (undefined && ",
    checks: [left],
  },
  {
    name: "a redrive sends a stub whose body cannot be read",
    file: "packages/operator/src/dead-letters/judge.ts",
    find: "if (unrestored !== undefined) {",
    replace: "if (unrestored === null) {",
    checks: [test("operator/stubs")],
  },
  {
    name: "control characters in a message reach the terminal",
    file: "packages/operator/src/terminal/safe-text.ts",
    find: `if (text.length <= charactersMax) return text.replace(unsafe, "·");`,
    replace: "if (text.length <= charactersMax) return text;",
    checks: [quickTest("operator/print")],
  },
];

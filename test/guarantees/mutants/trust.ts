// Mutants of what is believed of a message from outside: who wrote it, when, and how large it is (G7, G11).
import { faults, type Mutant, messaging, quickTest } from "./mutant.ts";

const signature = "functions/messaging/signature.ts";
const caps = "functions/messaging/caps.ts";

export const trustMutants: readonly Mutant[] = [
  {
    name: "keys of a map are named in log and dead letter",
    file: "functions/messaging/issue-paths.ts",
    find: "&& declared.has(key)",
    replace: "",
    checks: [quickTest("functions/messaging/issue-paths")],
  },
  {
    name: "signature not checked",
    file: signature,
    find: "if (!verify(text, signed, key)) {",
    replace: "if (text === undefined) {",
    checks: [quickTest("functions/messaging/signature")],
  },
  {
    name: "unsigned messages let in",
    file: signature,
    find: `if (policy === "accepted") return;`,
    replace: "return;",
    checks: [quickTest("functions/messaging/signature")],
  },
  {
    name: "what was altered is held against the evidence of what was not",
    file: "functions/messaging/idempotency.ts",
    find: "if (!letThrough.has(event.unit)) return undefined;",
    replace: "",
    checks: [faults("signed, parked and redriven")],
  },
  {
    name: "signature without the queue's name",
    file: signature,
    find: "JSON.stringify([version, key.id, queueName, source, id, type, time]);",
    replace: "JSON.stringify([version, key.id, source, id, type, time]);",
    checks: [quickTest("functions/messaging/signature")],
  },
  {
    name: "signature without the body",
    file: signature,
    find: `.update("\\n").update(body)`,
    replace: `.update("\\n")`,
    checks: [quickTest("functions/messaging/signature")],
  },
  {
    name: "signatures compared byte by byte, until one differs",
    file: signature,
    find: "&& timingSafeEqual(given, expected);",
    replace: "&& given.equals(expected);",
    checks: [quickTest("functions/messaging/signature")],
    survives: "the outcome is the same; only the time it takes differs, and no test could tell it from noise",
  },
  {
    name: "age gate off",
    file: "functions/messaging/age-gate.ts",
    find: "if (ageMs > windowDays * dayMs) {",
    replace: "if (ageMs > windowDays * 1e6 * dayMs) {",
    checks: [quickTest("functions/messaging/age-gate")],
  },
  {
    name: "a time in the future keeps a message young",
    file: "functions/messaging/age-gate.ts",
    find: "if (ageMs < -clockSkewMs) {",
    replace: "if (ageMs < -1e15) {",
    checks: [quickTest("functions/messaging/age-gate")],
  },
  {
    name: "claim check: content not held against its name",
    file: "functions/messaging/claim-store.ts",
    find: "if (contentId(bytes) !== id)",
    replace: "if (bytes === undefined)",
    checks: [messaging("claim-check")],
  },
  {
    name: "claim check: nothing is kept for the journal",
    file: "functions/messaging/journal-claims.ts",
    find: "await claims.keep(dataref);",
    replace: "",
    checks: [faults("large data by claim check")],
  },
  {
    name: "claim check: any bucket will do",
    file: "functions/messaging/claim-place.ts",
    find: "return named === bucket ? id : undefined;",
    replace: "return named === undefined ? undefined : id;",
    checks: [messaging("claim-check")],
  },
  {
    name: "no bound for depth",
    file: caps,
    find: "if (depth > depthMax)",
    replace: "if (depth > 1e9)",
    checks: [quickTest("functions/messaging/caps")],
  },
  {
    name: "no bound for bytes",
    file: caps,
    find: "if (bytes > bytesMax) throw",
    replace: "if (bytes > 1e12) throw",
    checks: [quickTest("functions/messaging/caps")],
  },
  {
    name: "no bound for hops",
    file: "functions/messaging/hop-limit.ts",
    find: "if (message.hops <= hopsMax) return;",
    replace: "if (message.hops >= 0) return;",
    checks: [quickTest("functions/messaging/hop-limit")],
  },
  {
    name: "characters that SQS replaces on the way",
    file: "functions/messaging/envelope.ts",
    find: "JSON.stringify(value).replace(/[\\u007f-\\uffff]/g, escapeCharacter);",
    replace: "JSON.stringify(value);",
    checks: [quickTest("functions/messaging/envelope")],
  },
  {
    name: "two callers with one key share an answer",
    file: "functions/messaging/endpoint.ts",
    find: "callerOf(event)}",
    replace: '"anybody"}',
    checks: [messaging("endpoint")],
  },
];

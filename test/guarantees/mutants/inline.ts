// Mutants of the evidence inside an item, by ids and by numbers (G1, G2, G4).
import { type Mutant, messaging, quickTest } from "./mutant.ts";

export const inlineMutants: readonly Mutant[] = [
  {
    name: "inline: evidence is overwritten unseen",
    file: "functions/messaging/inline-write.ts",
    find: "} = :eo_read`;",
    replace: "} = :eo_read OR attribute_not_exists(eo_never)`;",
    checks: [messaging("inline")],
  },
  {
    name: "inline: what has left the window takes effect again",
    file: "functions/messaging/item-evidence.ts",
    find: "if (timeMs <= floorMs) {",
    replace: "if (timeMs < 0) {",
    checks: [messaging("inline")],
  },
  {
    name: "inline: same id, other data",
    file: "functions/messaging/item-evidence.ts",
    find: "if (seen !== undefined && !saysTheSame(saidIn(seen), said)) {",
    replace: `if (seen === "") {`,
    checks: [messaging("inline")],
  },
  {
    name: "inline: an old guess refuses a message",
    file: "functions/messaging/inline.ts",
    find: "if (!(error instanceof Park || error instanceof RetryLater)) throw error;",
    replace: "throw error;",
    checks: [messaging("sequence-evidence")],
  },
  {
    name: "inline: the stream's record carries the messages of an earlier commit",
    file: "functions/messaging/inline-stream.ts",
    find: "id?.S === undefined || id.S === oldImage?.[outboxIdAttribute]?.S",
    replace: "id?.S === undefined",
    checks: [messaging("inline-stream")],
  },
  {
    name: "inline: what could not be sent is not kept",
    file: "functions/outbox/publish.ts",
    find: "inItems.filter((row) => !sent.has(row.id)),",
    replace: "[],",
    checks: [messaging("inline-stream")],
  },
  {
    name: "inline: the kit's attributes are shown to the domain",
    file: "functions/messaging/versioned-table.ts",
    find: "filter(([name]) => !name.startsWith(hiddenPrefix))",
    replace: "filter(([name]) => name !== hiddenPrefix)",
    checks: [messaging("inline")],
  },
  {
    name: "sequence: a gap is accepted",
    file: "functions/messaging/sequence-evidence.ts",
    find: "if (sequence > last + 1) throw",
    replace: "if (sequence > last + 1e9) throw",
    checks: [messaging("sequence-evidence")],
  },
  {
    name: "sequence: two messages of one number",
    file: "functions/messaging/sequence-evidence.ts",
    find: "if (sequence === last && !saysTheSame(lastSaid, said)) {",
    replace: "if (sequence === last && key === undefined) {",
    checks: [messaging("sequence-evidence")],
  },
  {
    name: "sequence: a message without effect leaves no evidence",
    file: "functions/messaging/sequence-evidence.ts",
    find: "everyMessage: true,",
    replace: "everyMessage: false,",
    checks: [messaging("sequence-evidence")],
  },
  {
    name: "sequence: a batch runs as it came",
    file: "functions/messaging/sequence-order.ts",
    find: "line.sort((a, b) => (a.sequence < b.sequence ? -1 : Number(a.sequence > b.sequence)));",
    replace: "",
    checks: [quickTest("functions/messaging/sequence-order")],
  },
];

// Mutants of the relay: outbox → queues and journal (G3, G4).
import { faults, type Mutant, messaging, quickTest, test } from "./mutant.ts";

const publisher = "functions/messaging/publisher.ts";
const send = "functions/messaging/send.ts";
const sweep = "functions/outbox/sweep.ts";
const oldestRows = "functions/outbox/oldest-rows.ts";
const publishTest = test("functions/outbox/publish");

export const relayMutants: readonly Mutant[] = [
  {
    name: "deleted before it is sent",
    file: publisher,
    find: "      const unsent = journal ?",
    replace:
      "      if (outboxTable !== undefined) await remove(outboxTable, rows.map((row) => row.id), deadlineMs);\n      const unsent = journal ?",
    checks: [faults("relay by sweeper")],
  },
  {
    name: "`Failed[]` is ignored",
    file: "functions/messaging/sqs-batch.ts",
    find: "if (done.has(id)) continue;",
    replace: "if (done.size > 0) continue;",
    checks: [faults("relay by stream")],
  },
  {
    name: "an item that an answer leaves out does not exist",
    file: "functions/messaging/dynamodb-batch.ts",
    find: "return { again: leftOut(answer.UnprocessedKeys?.[table]?.Keys), refused: [] };",
    replace: "return { again: [], refused: [] };",
    checks: [messaging("batch-answer")],
  },
  {
    name: "rows that were not sent are deleted, too",
    file: publisher,
    find: ".filter((id) => !unsent.has(id)));",
    replace: ");",
    checks: [faults("relay by stream")],
  },
  {
    name: "a message that nobody can read is committed",
    file: "functions/messaging/unit-of-work.ts",
    find: `requiredText({ ...draft }, "partitionkey");`,
    replace: "",
    checks: [quickTest("functions/messaging/unit-of-work")],
  },
  {
    name: "a type without a route is sent to nobody",
    file: publisher,
    find: "for (const row of open.filter(isUnrouted)) unsent.add(row.id);",
    replace: "",
    checks: [publishTest],
  },
  {
    name: "one queue's failure leaves the row in no doubt",
    file: publisher,
    find: "if (!confirmed[index]) unsent.add(letter.rowId);",
    replace: "if (!confirmed.some(Boolean)) unsent.add(letter.rowId);",
    checks: [faults("relay by stream"), publishTest],
  },
  {
    name: "FIFO: a message passes one that was refused",
    file: send,
    find: "lines = lines.filter((line) => !refused.includes(line[0] as number));",
    replace:
      "lines = lines.map((line) => (refused.includes(line[0] as number) ? line.slice(1) : line)).filter((line) => line.length > 0);",
    checks: [messaging("send-in-order")],
  },
  {
    name: "FIFO: a key twice in a request",
    file: send,
    find: "if (isFifo(queueUrl)) return sendInOrder(queueUrl, messages, { deadlineMs });",
    replace: "",
    checks: [faults("relay by stream"), messaging("send-in-order")],
  },
  {
    name: "to the queues before the journal has it",
    file: publisher,
    find: "const open = rows.filter((row) => !unsent.has(row.id));",
    replace: "const open = [...rows];",
    checks: [messaging("journal-destination")],
  },
  {
    name: "the stream is told that all was sent",
    file: "functions/outbox/publish.ts",
    find: "rows.slice(lowestFailed < 0 ? rows.length : lowestFailed);",
    replace: "rows.slice(rows.length);",
    checks: [publishTest],
  },
  {
    name: "a record that nobody can read holds its shard",
    file: "functions/outbox/publish.ts",
    find: "    return row && { ...row, sequenceNumber, committedMs, inItem };\n  } catch (error) {",
    replace:
      "    return row && { ...row, sequenceNumber, committedMs, inItem };\n  } catch (error) {\n    throw error;",
    checks: [publishTest],
  },
  {
    name: "sweeper without an age",
    file: sweep,
    find: "Date.parse(row.createdAt) >= ageMinMs;",
    replace: "Date.parse(row.createdAt) >= 0;",
    checks: [publishTest],
  },
  {
    name: "sweeper that takes the youngest first",
    file: oldestRows,
    find: ".sort((a, b) => a.createdAt.localeCompare(b.createdAt))",
    replace: ".sort((a, b) => b.createdAt.localeCompare(a.createdAt))",
    checks: [faults("relay by sweeper"), test("functions/outbox/oldest-rows")],
  },
  {
    name: "sweeper that reads one page",
    file: oldestRows,
    find: "} while (startKey && nowMs() < untilMs);",
    replace: "} while (startKey && nowMs() < 0);",
    checks: [test("functions/outbox/oldest-rows")],
  },
];

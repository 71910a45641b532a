// Mutants of the relay: outbox → queues and journal (G3, G4).
import { faults, type Mutant, messaging, quickTest, test } from "./mutant.ts";

const publisher = "packages/messaging/src/publish/publisher.ts";
const send = "packages/messaging/src/publish/send.ts";
const olderRows = "packages/messaging/src/publish/older-rows.ts";
const stamp = "packages/messaging/src/commit/stamp.ts";
const oldestRows = "packages/messaging/src/publish/relay/oldest-rows.ts";
const publishTest = test("messaging/relay/publish");
const orderTest = test("messaging/relay/order");

export const relayMutants: readonly Mutant[] = [
  {
    name: "a row is deleted before it is sent",
    file: publisher,
    find: "      const unsent = await journaled(",
    replace: "      await remove(rows, deadlineMs);\n      const unsent = await journaled(",
    checks: [faults("relay by sweeper")],
  },
  {
    name: "`Failed[]` is ignored",
    file: "packages/messaging/src/aws/sqs-batch.ts",
    find: "if (done.has(id)) continue;",
    replace: "if (done.size > 0) continue;",
    checks: [faults("relay by stream")],
  },
  {
    name: "an item left out of a batch answer counts as missing",
    file: "packages/messaging/src/aws/dynamodb-batch.ts",
    find: "return { again: leftOut(answer.UnprocessedKeys?.[table]?.Keys), refused: [] };",
    replace: "return { again: [], refused: [] };",
    checks: [messaging("batch-answer")],
  },
  {
    name: "unsent rows are deleted, too",
    file: publisher,
    find: "        inTable.filter((row) => !unsent.has(row.id)),",
    replace: "        inTable,",
    checks: [faults("relay by stream")],
  },
  {
    name: "a message that no reader would take is committed",
    file: "packages/messaging/src/commit/unit-of-work.ts",
    find: "if (checked === undefined) checkOutgoing(message);",
    replace: "",
    checks: [messaging("outgoing")],
  },
  {
    name: "rows of a type without a route are deleted",
    file: publisher,
    find: "for (const row of open) if (isUnrouted(row)) unsent.add(row.id);",
    replace: "",
    checks: [publishTest],
  },
  {
    name: "a row counts as sent although one queue failed",
    file: publisher,
    find: "const unconfirmed = free.filter((_, index) => !confirmed[index]);",
    replace: "const unconfirmed = free.filter(() => !confirmed.some(Boolean));",
    checks: [faults("relay by stream"), publishTest],
  },
  {
    name: "FIFO: a message overtakes one that was refused",
    file: send,
    find: "line.length > 1 && done.has(headOf(line))",
    replace: "line.length > 1 && !again.has(headOf(line))",
    checks: [messaging("send-in-order")],
  },
  {
    name: "FIFO: one request has two messages of a key",
    file: send,
    find: "let lines = isFifo(queueUrl)",
    replace: 'let lines = isFifo("")',
    checks: [faults("relay by stream"), messaging("send-in-order")],
  },
  {
    name: "FIFO: the next of a key goes while the one before it is on its way",
    file: send,
    find: "lines = lines.slice(count);",
    replace:
      "lines = lines.map((line, n) => (n < count ? line.slice(1) : line)).filter((line) => line.length > 0);",
    checks: [messaging("send-in-order")],
  },
  {
    name: "a message is sent before the journal has it",
    file: publisher,
    find: "const open = rows.filter((row) => !unsent.has(row.id));",
    replace: "const open = [...rows];",
    checks: [messaging("journal-destination")],
  },
  {
    name: "the stream's batch is acknowledged although rows are unsent",
    file: "packages/messaging/src/publish/relay/publish.ts",
    find: "rows.slice(lowestFailed < 0 ? rows.length : lowestFailed);",
    replace: "rows.slice(rows.length);",
    checks: [publishTest],
  },
  {
    name: "an invalid record blocks its shard",
    file: "packages/messaging/src/publish/relay/publish.ts",
    find: "    return rows.map((row) => ({ ...row, sequenceNumber, committedMs }));\n  } catch (error) {",
    replace:
      "    return rows.map((row) => ({ ...row, sequenceNumber, committedMs }));\n  } catch (error) {\n    throw error;",
    checks: [publishTest],
  },
  {
    name: "the sweeper takes rows of any age",
    file: olderRows,
    find: ">= leftBehindMs; // by",
    replace: ">= 0; // by",
    checks: [publishTest],
  },
  {
    name: "the sweeper takes the youngest rows first",
    file: oldestRows,
    find: ".sort((a, b) => a.createdAt.localeCompare(b.createdAt))",
    replace: ".sort((a, b) => b.createdAt.localeCompare(a.createdAt))",
    checks: [test("messaging/relay/oldest-rows")],
  },
  {
    name: "the sweeper reads one page",
    file: oldestRows,
    find: "} while (startKey && nowMs() < untilMs);",
    replace: "} while (startKey && nowMs() < 0);",
    checks: [test("messaging/relay/oldest-rows")],
  },
  {
    name: "order: rows of one key in several shards",
    file: "packages/messaging/src/commit/outbox.ts",
    find: "rowWrite(table(), { id: line, place }",
    replace: "rowWrite(table(), { id: line + place, place }",
    checks: [faults("relay by stream")],
  },
  {
    name: "order: older rows are not queried",
    file: publisher,
    find: "if (ordered.length === 0) return",
    replace: "if (ordered.length >= 0) return",
    checks: [faults("relay by stream"), orderTest],
  },
  {
    name: "order: older rows go last",
    file: olderRows,
    find: "return [...older, row];",
    replace: "return [row, ...older];",
    checks: [faults("relay by stream"), orderTest],
  },
  {
    name: "order: older rows are read in reverse",
    file: olderRows,
    find: "Limit: rowsMax,",
    replace: "Limit: rowsMax, ScanIndexForward: false,",
    checks: [orderTest],
  },
  {
    name: "order: a failed query of older rows holds nothing",
    file: publisher,
    find: "if (unread.has(key.id)) waiting.add(id);",
    replace: "if (unread.has(id)) waiting.add(id);",
    checks: [orderTest],
  },
  {
    name: "order: a failed row is not marked as tried",
    file: publisher,
    find: "if (streamed) await",
    replace: "if (!streamed) await",
    checks: [orderTest],
  },
  {
    name: "order: rows that come later go first",
    file: olderRows,
    find: `(after !== "" && placeIn(row)`,
    replace: `(after !== "never" && placeIn(row)`,
    checks: [orderTest],
  },
  {
    name: "order: standard queues first",
    file: publisher,
    find: "of [true, false]",
    replace: "of [false, true]",
    checks: [orderTest],
  },
  {
    name: "order: a type without a route holds nothing",
    file: publisher,
    find: "unsent.has(row.id) && isYoung(row)",
    replace: "unsent.has(row.id) && false",
    checks: [orderTest],
  },
  {
    name: "order: two stamps can be equal",
    file: stamp,
    find: "highest = Math.max(nowMs() * stampsAMillisecond, highest + 1);",
    replace: "highest = nowMs() * stampsAMillisecond;",
    checks: [orderTest],
  },
  {
    name: "order: the sweeper goes by time",
    file: oldestRows,
    find: "rows: inKeyOrder(oldest)",
    replace: "rows: oldest",
    checks: [orderTest],
  },
  {
    name: "order: the sweeper skips older rows of a key",
    file: oldestRows,
    find: "isDue(row) ? waiting.splice(0) : [];",
    replace: "isDue(row) ? waiting.splice(0).slice(-1) : [];",
    checks: [orderTest],
  },
  {
    name: "local cloud: a child shard is read before its parents",
    file: "packages/local-cloud/src/mappings/stream-shard.ts",
    find: "await Promise.all(parents.map((parent) => parent.done));",
    replace: "await Promise.all(parents.slice(parents.length));",
    checks: [test("local-cloud/mappings-stream")],
  },
  {
    name: "local cloud: a child shard has lost a parent",
    file: "packages/local-cloud/src/mappings/stream-lineage.ts",
    find: "before.filter((_, parent) =>",
    replace: "before.slice(1).filter((_, parent) =>",
    checks: [quickTest("local-cloud/stream-lineage")],
  },
  {
    name: "order: kept inline messages sort out of order",
    file: "packages/messaging/src/publish/inline-stream.ts",
    find: `sequenceNumber.padStart(digitsMax, "0")`,
    replace: "sequenceNumber",
    checks: [orderTest],
  },
  {
    name: "order: older rows beyond one read hold nothing",
    file: olderRows,
    find: "if (more) unread.add(line);",
    replace: "",
    checks: [orderTest],
  },
];

import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import {
  aJournal,
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import type { OutboxRow } from "../src/commit/outbox.ts";
import { newId } from "../src/core/ids.ts";
import { publisher } from "../src/publish/publisher.ts";
import { fixedRegistry } from "../src/publish/registry.ts";
import type { Journal } from "../src/pull/journal.ts";

let world: JournalWorld;
let log: Journal;
let queueUrl: string;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aJournalWorld();
});
beforeEach(async () => {
  log = aJournal();
  const { QueueUrl = "" } = await world.clients.sqs.send(new CreateQueueCommand({ QueueName: newId() }));
  queueUrl = QueueUrl;
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("the journal as a destination of the publisher", () => {
  it("G3: gets every message of every row, in order, routed or not", async () => {
    const rows = [await aRow("routed", "unrouted"), await aRow("routed")];
    expect(await publish(rows)).toEqual(new Set(rows.map(({ id }) => id)));
    expect(await journaled()).toEqual(rows.flatMap(({ messages }) => messages.map(({ body }) => body)));
    expect(await received()).toHaveLength(2);
    expect(await left()).toEqual([]);
  });

  it("G3, G4: keeps a row that the journal did not confirm, and sends it to no queue before", async () => {
    const rows = [await aRow("routed")];
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    expect(await publish(rows)).toEqual(new Set());
    expect(await received()).toEqual([]);
    expect((await left()).sort()).toEqual(rows.map(({ id }) => id).sort());
    faults.remove();
    await publish(rows);
    expect(await journaled()).toHaveLength(1);
    expect(await received()).toHaveLength(1);
    expect(await left()).toEqual([]);
  });

  it("G3: keeps a row that a queue did not confirm, and its next sending is a duplicate in the journal", async () => {
    const rows = [await aRow("routed")];
    faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
    expect(await publish(rows)).toEqual(new Set());
    expect((await left()).sort()).toEqual(rows.map(({ id }) => id).sort());
    faults.remove();
    await publish(rows);
    expect(await journaled()).toHaveLength(1);
    expect(await received()).toHaveLength(1);
    expect(await left()).toEqual([]);
  });

  it("S6: has each message once when stream and sweeper bring the same rows at once", async () => {
    const rows = await Promise.all(Array.from({ length: 20 }, () => aRow("routed")));
    await Promise.all([publish(rows), publish(rows.toReversed())]);
    expect(new Set(await journaled()).size).toBe(20);
    expect(await journaled()).toHaveLength(20);
  });

  it("D15: keeps a row whose message has the identity of another, and sends its neighbours", async () => {
    const first = await aRow("routed");
    const reused = await aRow("routed");
    const [message] = reused.messages;
    if (!message) throw new Error("a row has messages");
    const { id, source } = first.messages[0]?.envelope ?? message.envelope;
    const forged = aJournalMessage({ id, source, type: "routed", data: "other" });
    const rows = [first, { ...reused, messages: [forged] }, await aRow("routed")];
    const lines = await linesOf(async () => {
      expect(await publish(rows)).toEqual(new Set([rows[0]?.id, rows[2]?.id]));
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        code: "APPEND_REFUSED",
        journal: log.name,
        rowId: reused.id,
        reasonCode: "ID_REUSED",
        reasonDetail: `${source} ${id} is already in the journal with other data`,
      }),
    );
    expect(await received()).toHaveLength(2);
  });
});

function publish(rows: readonly OutboxRow[]): Promise<Set<string>> {
  const routes = { queuesFor: (type: string) => (type === "routed" ? [queueUrl] : []) };
  return publisher({
    outboxTable: world.outboxTable,
    registry: fixedRegistry({ routes }),
    journal: log,
  }).publish(rows, inSeconds(10));
}

async function aRow(...types: string[]): Promise<OutboxRow> {
  const row = {
    createdAt: "2026-01-01T00:00:00.000Z",
    messages: types.map((type) => aJournalMessage({ type })),
    after: "",
    tried: false,
  };
  const key = { id: `/tests#${newId()}`, place: newId() };
  const item = { ...row, ...key, messages: row.messages.map(({ body }) => body) };
  await world.clients.dynamodb.send(
    new PutItemCommand({ TableName: world.outboxTable, Item: marshall(item) }),
  );
  return { ...row, id: `${key.id}/${key.place}`, key };
}

async function journaled(): Promise<string[]> {
  return (await log.read({ partition: 0, after: 0, limit: 100 })).map(({ body }) => body);
}

async function received(): Promise<string[]> {
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = "" }) => Body);
}

async function left(): Promise<unknown[]> {
  return (await world.items(world.outboxTable)).map(({ id, place }) => `${id}/${place}`);
}

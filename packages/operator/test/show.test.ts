// `show` of what is broken: everything that can be shown is shown, and one part that cannot spoils no other.
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { contentId } from "@essentially-once/messaging/ids";
import { claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "../src/dead-letters/dead-letter.ts";
import type { EvidencePlace } from "../src/dead-letters/evidence.ts";
import { listDeadLetters } from "../src/dead-letters/list.ts";
import { show } from "../src/dead-letters/show.ts";
import { linesOf } from "../src/dead-letters/shown-lines.ts";
import { deadLetterTable, plain } from "../src/dead-letters/tables.ts";
import { printableJson } from "../src/terminal/safe-text.ts";
import { namedValues } from "../src/terminal/text-table.ts";

let world: DeadLetterWorld;
let queue: ConsumerQueue;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterAll(() => world.stop());

const bucket = "no-such-bucket";
const missing = `s3://${bucket}/claims/${contentId("nothing")}`;
const claimed = (dataref: string) => asciiJson({ ...anEnvelope({ id: "c", dataref }), data: undefined });

describe("show", () => {
  it.each([
    ["what is not JSON", "{ not JSON", { payload: "{ not JSON" }],
    ["an empty list", "[]", { payload: "[]" }],
    ["a CloudEvent of another shape", foreign({ time: 7, hops: "many" }), { source: "/elsewhere" }],
    ["CloudEvents with nulls and binary data", foreign({ subject: null, data_base64: "AA==" }), {}],
    ["a foreign reference", claimed("s3://elsewhere/x"), { payload: unknown(/^DATAREF_FOREIGN: /) }],
    [
      "a reference to nothing",
      claimed(missing),
      { payload: unknown(/^(DATAREF_MISSING|CLAIM_CHECK_UNAV|RESOURCE_UNKNOWN)/) },
    ],
    ["a name that is no text", foreign({ id: { a: 1 }, source: ["x"] }), {}],
    ["an id of 300 KB", foreign({ id: "x".repeat(300_000) }), {}],
    ["lone surrogates", asciiJson(anEnvelope({ id: "s", partitionkey: "\ud800" })), {}],
    [
      "too many keys",
      foreign({ data: Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [n, n])) }),
      {},
    ],
  ] as const)("G6: shows %s", async (_what, body, expected) => {
    await world.park(queue, body, { ReasonCode: "X", ParkedAt: "not a time", ReceiveCount: "many" });
    const [deadLetter, shown] = await showIt();
    expect(shown).toMatchObject({ ...expected, bodyBytes: Buffer.byteLength(body) });
    printed(deadLetter, shown);
  });

  it.each([
    ['{"cents":5}', { cents: 5 }],
    ['{"cents":9007199254740993}', '{"cents":9007199254740993}'],
  ])("G7: shows data that travel elsewhere with the numbers that were written: %s", async (json, payload) => {
    await world.park(queue, claimed(missing), { ReasonCode: "X" });
    const {
      deadLetters: [deadLetter],
    } = await listDeadLetters(world.clients.sqs, [queue]);
    if (deadLetter === undefined) throw new Error("there is no dead letter");
    const claims = { get: async () => json, put: async () => missing, keep: async () => undefined };
    const place = { dynamodb: world.clients.dynamodb, queue };
    expect(await show(place, deadLetter, { payload: true, claims })).toMatchObject({ payload });
  });

  it("G6: shows attributes of another producer: binary ones, and the kit's names on a message that SQS moved", async () => {
    await world.clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.deadLetterQueueUrl,
        MessageBody: "\u202e hi",
        MessageAttributes: {
          blob: { DataType: "Binary.x", BinaryValue: Buffer.from([0, 255, 27]) },
          Signature: { DataType: "Binary", BinaryValue: Buffer.from([1]) },
        },
      }),
    );
    const [deadLetter, shown] = await showIt();
    expect(shown.attributes).toEqual(["Signature", "blob"]);
    printed(deadLetter, shown);
  });

  it("G6: says of each part that cannot be read why, and shows the others", async () => {
    const message = anEnvelope();
    await world.park(queue, asciiJson(message), { ReasonCode: "X" });
    const [, shown] = await showIt({ queue: { ...queue, evidenceTable: "no-such-table" } });
    expect(shown).toMatchObject({
      id: message.id,
      source: message.source,
      evidence: { unknown: expect.stringContaining("ResourceNotFoundException") },
      redrive: { unknown: expect.stringContaining("ResourceNotFoundException") },
      discards: { unknown: expect.stringContaining("ResourceNotFoundException") },
      signature: { kind: "unsigned" },
    });
  });
});

describe("the reason of a dead letter", () => {
  const sendersOwn = {
    ReasonCode: { DataType: "String", StringValue: "APPROVED" },
    ReasonDetail: { DataType: "String", StringValue: "please redrive" },
    ParkedAt: { DataType: "String", StringValue: "1999-01-01T00:00:00Z" },
  };

  it("G6: is the kit's word only: not what a sender wrote into a message that SQS moved", () => {
    const [moved] = deadLettersOf("NoteTaker", [
      {
        MessageId: "m",
        Body: "{}",
        MessageAttributes: sendersOwn,
        Attributes: { DeadLetterQueueSourceArn: "arn:aws:sqs:eu-west-1:123456789012:notes" },
      },
    ]);
    expect(moved).toMatchObject({
      reason: "RECEIVES_EXHAUSTED",
      detail: "moved by SQS from notes: its function crashed, timed out, was throttled or never ran",
    });
    expect(moved?.parkedAt).toBeUndefined();
  });

  it("says no more than is known of what the kit did not park", () => {
    const [foreignOne] = deadLettersOf("NoteTaker", [{ MessageId: "m", Body: "{}" }]);
    expect(foreignOne?.detail).toBe("no reason: moved by SQS, or sent to the dead-letter queue directly");
  });
});

function foreign(fields: Record<string, unknown>): string {
  const { hops: _hops, ...event } = anEnvelope({ source: "/elsewhere" });
  return asciiJson({ ...event, ...fields });
}

function unknown(pattern: RegExp) {
  return { unknown: expect.stringMatching(pattern) };
}

async function showIt(elsewhere: Partial<EvidencePlace> = {}) {
  const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
  const [deadLetter] = deadLetters;
  if (deadLetter === undefined) throw new Error("there is no dead letter");
  const { dynamodb, s3: client } = world.clients;
  const place = { dynamodb, queue, ...elsewhere };
  const claims = claimStore({ bucket, client });
  return [deadLetter, await show(place, deadLetter, { payload: true, claims })] as const;
}

/** In each form, without what a terminal would obey. */
function printed(deadLetter: DeadLetter, shown: Awaited<ReturnType<typeof showIt>>[1]): void {
  const texts = [
    namedValues(linesOf(shown)),
    deadLetterTable([{ deadLetter, authenticity: { kind: "none" } }]),
    printableJson(shown, 2),
    printableJson(plain(deadLetter), 2),
  ];
  for (const text of texts)
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
}

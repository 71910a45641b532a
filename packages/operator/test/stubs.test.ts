// Dead letters whose message lies in S3, because no reason fits beside it: an operator sees and moves the message itself.
import { CreateBucketCommand, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { storeParked, stubBody } from "@essentially-once/messaging/internal/receive/parked-body";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { discard } from "../src/dead-letters/discard.ts";
import { edit } from "../src/dead-letters/edit.ts";
import { findDeadLetters } from "../src/dead-letters/find.ts";
import { listDeadLetters } from "../src/dead-letters/list.ts";
import { redrive } from "../src/dead-letters/redrive.ts";
import { restorer } from "../src/dead-letters/restore.ts";
import { show } from "../src/dead-letters/show.ts";

const bucket = "parked-of-tests";
const attributes = { tenant: { DataType: "String", StringValue: "blue" } };

let world: DeadLetterWorld;
let queue: ConsumerQueue;

beforeAll(async () => {
  world = await aDeadLetterWorld();
  await world.clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterAll(() => world.stop());

describe("a stub", () => {
  it("G6: is listed, shown and redriven as the message that it stands for, byte for byte", async () => {
    const message = aLargeMessage();
    await parkAsStub(message);
    const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue], known());
    expect(deadLetters).toMatchObject([{ id: message.id, reason: "DATA_INVALID", source: message.source }]);
    expect(await showIt(message.id)).toMatchObject({
      bodyBytes: asciiJson(message).length,
      attributes: ["tenant"],
      redrive: { outcome: "sent-back" },
    });
    expect(await redriven()).toEqual([`${message.id} sent-back: undefined`]);
    const [sent] = await world.drain(queue.queueUrl);
    expect(sent?.Body).toBe(asciiJson(message));
    expect(Object.keys(sent?.MessageAttributes ?? {})).toEqual(["tenant"]);
  });

  it("G6: is edited and discarded", async () => {
    const [wrong, unwanted] = [aLargeMessage(), aLargeMessage()];
    for (const message of [wrong, unwanted]) await parkAsStub(message);
    await edit(world.clients, { ...common(), id: wrong.id, data: { small: true } });
    const [sent] = await world.drain(queue.queueUrl);
    expect(JSON.parse(sent?.Body ?? "")).toMatchObject({ causationid: wrong.id, data: { small: true } });
    await discard(world.clients, { ...common(), matches: () => true, because: "a test" });
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  it("G6: whose message cannot be had is shown with the reason, never sent, and can be discarded", async () => {
    const message = aLargeMessage();
    const key = await parkAsStub(message);
    await world.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    const id = `first-${message.id}`;
    expect(await showIt(id)).toMatchObject({
      reason: "DATA_INVALID",
      unrestored: expect.stringMatching(/^DATAREF_MISSING/),
    });
    expect(await redriven({ force: true })).toEqual([
      expect.stringMatching(/^first-.* left: its message cannot be read: DATAREF_MISSING/),
    ]);
    const editing = edit(world.clients, { ...common(), id, data: {} });
    await expect(editing).rejects.toThrow("cannot be read: DATAREF_MISSING");
    const { discarded } = await discard(world.clients, { ...common(), matches: () => true, because: "lost" });
    expect(discarded).toHaveLength(1);
  });

  it("G7: is what the kit made, not what a sender calls so: such a message names no object for us to read", async () => {
    const message = anEnvelope();
    await world.park(queue, asciiJson(message), { ParkedBody: `s3://${bucket}/parked/x` });
    expect(await redriven()).toEqual([`${message.id} sent-back: undefined`]);
  });
});

function aLargeMessage(): Envelope {
  return anEnvelope({ data: { text: "x".repeat(2_000) } });
}

/** As a consumer parks what is too large. @returns the key of the object */
async function parkAsStub(message: Envelope): Promise<string> {
  const queueName = queue.queueUrl.split("/").at(-1) ?? "";
  const place = { bucket, client: world.clients.s3, queueName };
  const body = asciiJson(message);
  const reference = await storeParked(place, { body, attributes });
  await world.park(queue, stubBody({ reference, bytes: body.length }), {
    ReasonCode: "DATA_INVALID",
    OriginalMessageId: `first-${message.id}`,
    ParkedBody: reference,
  });
  return reference.replace(`s3://${bucket}/`, "");
}

function known() {
  return { restore: restorer({ bucket, client: world.clients.s3 }) };
}

function common() {
  return { queues: [queue], known: known(), dryRun: false };
}

async function showIt(id: string) {
  const [found] = await findDeadLetters(world.clients.sqs, { queues: [queue], id, known: known() });
  if (found === undefined) throw new Error(`no dead letter ${id}`);
  await found.held.release();
  const place = { dynamodb: world.clients.dynamodb, queue };
  return show(place, found.deadLetter, { known: known(), payload: false });
}

async function redriven({ force = false } = {}): Promise<string[]> {
  const { handled } = await redrive(world.clients, { ...common(), force, matches: () => true });
  return handled.map(({ deadLetter: { id }, outcome, why }) => `${id} ${outcome}: ${why}`);
}

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { callFaults, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import {
  aClaimWorld,
  bucket,
  type ClaimWorld,
  ending,
  Told,
} from "@essentially-once/testing/internal/support/claim-world";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aJournal, aJournalMessage, inSeconds } from "@essentially-once/testing/journal-world";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import { codeAfter } from "@essentially-once/testing/middleware";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { s3 } from "../src/aws/s3-client.ts";
import { claimCheck } from "../src/commit/claim-check.ts";
import { claimStore } from "../src/commit/claim-store.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { itemBytesMax } from "../src/commit/limits.ts";
import { rows } from "../src/commit/rows.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { contentId, newId } from "../src/core/ids.ts";
import { bodyBytesMax, claimBytesMax } from "../src/envelope/caps.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { eventLog } from "../src/pull/event-log.ts";
import { keepingClaims } from "../src/pull/journal-claims.ts";
import { projection } from "../src/pull/projection.ts";
import { endpoint } from "../src/receive/endpoint.ts";

let world: ClaimWorld;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aClaimWorld();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("on the way out", () => {
  it("G1: large data is in the bucket and its reference in the committed message", async () => {
    const message = aTold();
    const text = large("grüße 🚢");
    expect(await ending({ message, work: (_, unit) => unit.publish(Told.from({ text })) })).toBe("done");
    const [sent] = await world.outboxOf(message);
    const id = contentId(asciiJson({ text }));
    expect(sent).toMatchObject({ type: Told.type, causationid: message.id, dataref: datarefOf(id) });
    expect(sent).toHaveProperty("data", undefined);
    expect(JSON.parse(await claimStore().get(datarefOf(id)))).toEqual({ text });
  });

  it("data up to the threshold travels in the message, in its place among the large ones", async () => {
    const message = aTold();
    const sizes = [100, 40_000, 32_768, 32_769];
    await ending({
      message,
      work: (_, unit) => unit.publish(...sizes.map((size) => Told.from({ text: unique(size) }))),
    });
    const sent = await world.outboxOf(message);
    expect(sent.map(({ dataref }) => dataref !== undefined)).toEqual([false, true, false, true]);
    expect(await Promise.all(sent.map(sizeOf))).toEqual(sizes);
  });

  it("data that is in the bucket already stays there, whoever put it", async () => {
    const unit = unitOfWork({ contract: { name: "tested", publishes: [Told] }, cause: aTold() });
    unit.publish(Told.from({ text: large() }));
    const after = async () => claimCheck({ thresholdBytes: 0 }).after?.({ event: { unit } } as never);
    await after();
    const { messages } = unit;
    const before = [...messages];
    expect(before).toMatchObject([{ dataref: expect.any(String) }]);
    await after();
    expect(unit.messages).toEqual(before);
  });

  it("G11: of messages that do not fit one item together, the largest go until the rest fits", async () => {
    const message = aTold();
    const sizes = Array.from({ length: 40 }, (_, index) => 10_000 + index * 100);
    const work = { message, work: publishSizes(sizes) };
    expect(await ending(work)).toBe("done");
    const sent = await world.outboxOf(message);
    const gone = sent.flatMap(({ dataref }, index) => (dataref === undefined ? [] : [index]));
    expect(gone).toEqual(Array.from({ length: gone.length }, (_, index) => 40 - gone.length + index));
    expect(gone.length).toBeGreaterThan(5);
    expect(gone.length).toBeLessThan(15);
    expect(await Promise.all(sent.map(sizeOf))).toEqual(sizes);
  });

  it("G11: inline, what the item itself holds counts too", async () => {
    const message = aTold({ partitionkey: newId() });
    const state = { id: message.partitionkey, notes: "n".repeat(300_000) };
    const ended = await ending({
      message,
      evidence: inline({ table: world.stateTable }),
      work(_, unit) {
        unit.write({ Put: { TableName: world.stateTable, Item: marshall(state) } });
        publishSizes(Array.from({ length: 10 }, () => 20_000))(_, unit);
      },
    });
    expect(ended).toBe("done");
    const item = (await world.items(world.stateTable)).find(({ id }) => id === state.id);
    const bodies = (item?.eo_outbox ?? []) as string[];
    expect(bodies.filter((body) => body.includes("dataref")).length).toBeGreaterThan(3);
  });

  it("G11: what goes away leaves a reference, and what is as short stays", async () => {
    const unit = unitOfWork({ contract: { name: "tested", publishes: [Told] }, cause: aTold() });
    const Item = marshall({ id: "a", notes: "n".repeat(340_000) });
    unit.write({ Put: { TableName: world.stateTable, Item } });
    publishSizes(Array.from({ length: 60 }, () => 2_000))(undefined, unit);
    publishSizes(Array.from({ length: 10 }, () => 200))(undefined, unit);
    await claimCheck().after?.({ event: { unit } } as never);
    const bytes = unit.messages.reduce((sum, message) => sum + asciiJson(message).length, 0);
    expect(bytes + 340_000).toBeLessThan(itemBytesMax);
    expect(bytes + 340_000).toBeGreaterThan(itemBytesMax - 3 * 8_192);

    const full = unitOfWork({ contract: { name: "tested", publishes: [Told] }, cause: aTold() });
    full.write({ Put: { TableName: world.stateTable, Item: { ...Item, more: { S: "n".repeat(60_000) } } } });
    publishSizes([200, 200])(undefined, full);
    await claimCheck().after?.({ event: { unit: full } } as never);
    expect(full.messages.map(({ dataref }) => dataref)).toEqual([undefined, undefined]);
  });

  it("G11: data that no consumer would read is parked before anything is put", async () => {
    const before = await world.keys();
    const work = { message: aTold(), work: publishSizes([claimBytesMax + 1]) };
    expect(await ending(work)).toBe("park TOO_LARGE");
    expect(await world.keys()).toEqual(before);
  });

  it("G2: a lost answer of S3 is repaired by the same put to the same place", async () => {
    const message = aTold();
    const text = large();
    faults = injectFaults(s3(), { command: "PutObjectCommand", moment: "after", attempts: [1] });
    expect(await ending({ message, work: (_, unit) => unit.publish(Told.from({ text })) })).toBe("done");
    expect(faults.attempts).toHaveLength(2);
    expect((await world.keys()).filter((key) => key.endsWith(contentId(asciiJson({ text }))))).toHaveLength(
      1,
    );
  });

  it("G1: nothing is committed while S3 is unavailable, and the message is retried", async () => {
    const message = aTold();
    const work = { message, work: publishSizes([50_000]) };
    faults = injectFaults(s3(), { command: "PutObjectCommand", moment: "before" });
    expect(await ending(work)).toBe("retry CLAIM_CHECK_UNAVAILABLE");
    expect(await world.outboxOf(message)).toEqual([]);
    faults.remove();
    expect(await ending({ ...work, receiveCount: 2 })).toBe("done");
    expect(await world.outboxOf(message)).toHaveLength(1);
  });

  it("G1, G2: killed between put and commit, the next delivery makes the same of it", async () => {
    const message = aTold();
    const work = {
      message,
      work: (_: unknown, unit: Parameters<typeof publishOne>[1]) => publishOne("once", unit),
    };
    const killed = faultAtCall(dynamodb(), { nth: 1, fault: "killed-before" });
    void ending(work);
    await killed.stopped;
    killed.remove();
    const orphaned = await world.keys();
    expect(await world.outboxOf(message)).toEqual([]);

    expect(await ending({ ...work, receiveCount: 2 })).toBe("done");
    expect(await world.keys()).toEqual(orphaned);
    expect(await world.outboxOf(message)).toHaveLength(1);
  });

  it("an endpoint publishes by claim check too", async () => {
    const post = endpoint(contract({ name: "tell", accepts: [Told], publishes: [Told] }))
      .use(idempotency({ evidence: rows() }))
      .use(claimCheck())
      .handler(async ({ data }, unit) => {
        unit.publish(Told.from({ text: data.text }));
        return {};
      });
    const text = unique(60_000);
    const { statusCode } = await post(aPost({ text }, { "idempotency-key": newId() }), aContext());
    expect(statusCode).toBe(201);
    expect(await world.keys()).toContain(`claims/${contentId(asciiJson({ text }))}`);
  });
});

describe("on the way in", () => {
  it("the handler sees the data as if they had come whole", async () => {
    const text = large("grüße 🚢");
    const seen: string[] = [];
    const message = await aReference({ text });
    expect(await ending({ message, work: (data) => void seen.push(data.text) })).toBe("done");
    expect(seen).toEqual([text]);
  });

  it("G2: a redelivered message is a duplicate, before its data are fetched and when they are gone", async () => {
    const message = await aReference({ text: large() });
    expect(await ending({ message, work: publishSizes([1]) })).toBe("done");
    await world.removeObject(keyOf(message));
    expect(await ending({ message, receiveCount: 2 })).toBe("duplicate");
    expect(await ending({ message })).toBe("duplicate");
  });

  it("G2: another reference under the same id is parked", async () => {
    const message = await aReference({ text: large() });
    await ending({ message, work: publishSizes([1]) });
    const other = { ...(await aReference({ text: large() })), id: message.id };
    expect(await ending({ message: other })).toBe("park ID_REUSED");
  });

  it("the schema holds for what was fetched", async () => {
    expect(await ending({ message: await aReference({ text: 5 }) })).toBe("park DATA_INVALID");
  });

  it("G11: the caps hold for what was fetched", async () => {
    const message = await aReferenceTo(`${"[".repeat(100)}${"]".repeat(100)}`);
    expect(await ending({ message })).toBe("park TOO_DEEP");
    expect(await ending({ message: await aReferenceTo('{"__proto__":1}') })).toBe("park KEY_FORBIDDEN");
    expect(await ending({ message: await aReferenceTo("not json") })).toBe("park NOT_JSON");
  });

  it("data may be larger than what a queue takes", async () => {
    const seen: number[] = [];
    const message = await aReference({ text: "x".repeat(2 * bodyBytesMax) });
    expect(await ending({ message, work: (data) => void seen.push(data.text.length) })).toBe("done");
    expect(seen).toEqual([2 * bodyBytesMax]);
  });

  it("G11: an object that is too large is not read", async () => {
    const message = await aReferenceTo(JSON.stringify({ text: "x".repeat(claimBytesMax) }));
    expect(await ending({ message })).toBe("park TOO_LARGE");
    for (const contentLength of [claimBytesMax + 1, undefined]) {
      const left = Promise.withResolvers<void>();
      const client = await anS3Of({ contentLength, onClose: left.resolve }); // who reads it waits for the end
      expect(await ending({ message, options: { client } })).toBe("park TOO_LARGE");
      await left.promise; // its connection is not kept open
    }
  });

  it("G11: as much as a claim-check object may have is read, and a byte more is not", async () => {
    const text = (bytes: number) => JSON.stringify({ text: "x".repeat(bytes - '{"text":""}'.length) });
    expect(await ending({ message: await aReferenceTo(text(claimBytesMax)) })).toBe("done");
    expect(await ending({ message: await aReferenceTo(text(claimBytesMax + 1)) })).toBe("park TOO_LARGE");
    const stored = await claimStore().put(text(claimBytesMax));
    expect(await claimStore().get(stored)).toHaveLength(claimBytesMax);
    await expect(claimStore().put(text(claimBytesMax + 1))).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it("G7: an object that is not UTF-8 is parked, and not read as another text", async () => {
    const latin1 = Buffer.from(JSON.stringify({ text: "Müller" }), "latin1");
    expect(await ending({ message: await aReferenceTo(latin1) })).toBe("park NOT_JSON");
  });

  it("G7: an object that was altered is parked", async () => {
    const message = await aReference({ text: large() });
    await world.put(keyOf(message), JSON.stringify({ text: "something else" }));
    expect(await ending({ message })).toBe("park DATAREF_ALTERED");
  });

  it("an object that is gone is parked", async () => {
    const message = await aReference({ text: large() });
    await world.removeObject(keyOf(message));
    expect(await ending({ message })).toBe("park DATAREF_MISSING");
  });

  it.each([
    "https://169.254.169.254/latest/meta-data/",
    `s3://another-bucket/claims/${"a".repeat(43)}`,
    `s3://${bucket}/kept/${"a".repeat(43)}`,
    `s3://${bucket}/claims/../secrets/${"a".repeat(43)}`,
    `s3://${bucket}/claims/${"a".repeat(42)}`,
    `s3://${bucket}/claims/${"a".repeat(43)}?versionId=1`,
  ])("G7: nothing is fetched from %s", async (dataref) => {
    faults = injectFaults(s3(), { command: "GetObjectCommand", moment: "before", attempts: [] });
    expect(await ending({ message: { ...aTold(), data: undefined, dataref } })).toBe("park DATAREF_FOREIGN");
    expect(faults.attempts).toEqual([]);
  });

  it("is tried later while S3 is away", async () => {
    const message = await aReference({ text: large() });
    faults = injectFaults(s3(), { command: "GetObjectCommand", moment: "before" });
    expect(await ending({ message })).toBe("retry CLAIM_CHECK_UNAVAILABLE");
  });

  it("G6: a throttle of S3 is a wait, any other failure an attempt, and both say what S3 said", async () => {
    const dataref = datarefOf(contentId("anything"));
    for (const [name, waited] of [
      ["SlowDown", true],
      ["InternalError", false],
    ] as const) {
      const client = new S3Client({ region: "eu-central-1" });
      const refusal = Object.assign(new Error("no"), { name });
      client.middlewareStack.add(() => () => Promise.reject(refusal), { step: "initialize" });
      const error: unknown = await claimStore({ client })
        .get(dataref)
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "CLAIM_CHECK_UNAVAILABLE", waited, cause: refusal });
    }
  });

  it("G11: a body that does not come is given up, and the message tried later", async () => {
    const client = await anS3Of({ contentLength: 100 });
    const message = await aReference({ text: large() });
    expect(await ending({ message, options: { client } })).toBe("retry CLAIM_CHECK_UNAVAILABLE");
  });

  it("a consumer without claimCheck() parks it with a code of its own", async () => {
    const { messageChain } = await import("../src/receive/chain.ts");
    const message = await aReference({ text: large() });
    const chain = messageChain({
      contract: contract({ name: "tested", accepts: [Told] }),
      middlewares: [],
      work: async () => undefined,
    });
    const unit = unitOfWork({ contract: { name: "tested", publishes: [] }, cause: message });
    const run = chain({ consumer: "tested", message, unit, deadlineMs: Date.now() + 1_000 }, aContext());
    await expect(run).rejects.toMatchObject({ code: "DATAREF_UNREAD" });
  });

  it("lets a message through that came whole", async () => {
    expect(await codeAfter(claimCheck())).toBeUndefined();
    expect(await codeAfter(claimCheck(), { message: { data: undefined } })).toBeUndefined();
  });

  it("lets a message through whose data were fetched before", async () => {
    const dataref = datarefOf("a".repeat(43));
    expect(await codeAfter(claimCheck(), { message: { data: { text: "" }, dataref } })).toBeUndefined();
  });
});

describe("both ways at once, with a fault at any call", () => {
  it("makes three calls when all is well", async () => {
    const message = await aReference({ text: large() });
    const counted = [faultAtCall(s3()), faultAtCall(dynamodb())];
    expect(await ending({ message, work: forward })).toBe("done");
    expect(counted.flatMap((one) => one.calls)).toEqual([
      "GetObjectCommand",
      "PutObjectCommand",
      "TransactWriteItemsCommand",
    ]);
    for (const one of counted) one.remove();
  });

  describe.each([
    { command: "GetObject", call: 1, client: s3 },
    { command: "PutObject", call: 2, client: s3 },
    { command: "TransactWriteItems", call: 1, client: dynamodb },
  ])("at $command", ({ call, client }) => {
    it.each(callFaults)("G1, G2: meets %s, and the message takes effect once", async (fault) => {
      const message = await aReference({ text: large() });
      const trouble = faultAtCall(client(), { nth: call, fault });
      const ended = await Promise.race([ending({ message, work: forward }), trouble.stopped]);
      trouble.remove();
      expect(trouble.calls.length).toBeGreaterThanOrEqual(call);
      if (ended !== "done") {
        expect(await ending({ message, work: forward, receiveCount: 2 })).toMatch(/^(done|duplicate)$/);
      }
      const [sent, ...more] = await world.outboxOf(message);
      expect(more).toEqual([]);
      expect(sent).toMatchObject({ causationid: message.id, dataref: message.dataref }); // the same data
      expect(await claimStore().get(sent?.dataref ?? "")).toHaveLength(40_000);
    });
  });

  function forward({ text }: { text: string }, unit: Parameters<Publish>[1]): void {
    unit.publish(Told.from({ text }));
  }
});

describe("from the journal", () => {
  const Noted = messageType({
    type: "tests.noted.v1",
    schema: z.object({ text: z.string() }),
    key: () => "all",
  });

  it("G10: a projection reads the data of a reference, also after the claim-check object has expired", async () => {
    const log = keepingClaims(aJournal());
    const messages = await Promise.all(
      ["a", "b"].map((text) => aReference({ text: large(text) }, Noted.type)),
    );
    const lines = await linesOf(() => log.append(messages.map(aJournalMessage), inSeconds(10)));
    expect(lines).toEqual([]); // none is missing
    for (const message of messages) await world.removeObject(keyOf(message));
    const seen: string[] = [];
    const pull = projection(contract({ name: `read-${newId()}`, accepts: [Noted] }), {
      journal: log,
      table: world.stateTable,
    })
      .use(claimCheck())
      .handler(async ({ data }) => void seen.push(data.text.at(0) ?? ""));
    await pull({}, aContext());
    expect(seen).toEqual(["a", "b"]);
  });

  it("G2, G10: an event log holds the reference, and its projection finds the data", async () => {
    const log = keepingClaims(aJournal());
    const text = large("logged");
    const message = await aReference({ text });
    const evidence = eventLog({ journal: log });
    expect(await ending({ message, evidence })).toBe("done");
    expect(await ending({ message, evidence, receiveCount: 2 })).toBe("duplicate");
    await world.removeObject(keyOf(message));
    const seen: string[] = [];
    const pull = projection(contract({ name: `read-${newId()}`, accepts: [Told] }), {
      journal: log,
      table: world.stateTable,
    })
      .use(claimCheck())
      .handler(async ({ data }) => void seen.push(data.text));
    await pull({}, aContext());
    expect(seen).toEqual([text]);
  });

  it("G4, G10: no message is appended after one whose claim-check data could not be kept", async () => {
    const log = keepingClaims(aJournal());
    const messages = [anEnvelope(), await aReference({ text: large() }), anEnvelope()].map(aJournalMessage);
    faults = injectFaults(s3(), { command: "CopyObjectCommand", moment: "before" });
    const kinds = async () => (await log.append(messages, inSeconds(10))).map(({ kind }) => kind);
    const lines = await linesOf(async () =>
      expect(await kinds()).toEqual(["appended", "unconfirmed", "unconfirmed"]),
    );
    expect(lines).toMatchObject([
      {
        level: "WARN",
        code: "CLAIM_NOT_KEPT",
        dataref: messages[1]?.envelope.dataref,
        errorCode: expect.any(String),
      },
    ]);
    faults.remove();
    expect(await kinds()).toEqual(["duplicate", "appended", "appended"]);
  });

  it("a message whose claim-check data is missing is appended, for its readers to park", async () => {
    const log = keepingClaims(aJournal());
    const message = await aReference({ text: large() });
    await world.removeObject(keyOf(message));
    const lines = await linesOf(async () => {
      expect(await log.append([aJournalMessage(message)], inSeconds(10))).toMatchObject([
        { kind: "appended" },
      ]);
    });
    expect(lines).toMatchObject([{ level: "ERROR", code: "CLAIM_MISSING", dataref: message.dataref }]);
  });
});

it.each([-1, 262_145, 1.5])("refuses a threshold of %s by name", (thresholdBytes) => {
  expect(() => claimCheck({ thresholdBytes })).toThrow(
    `thresholdBytes must be a whole number from 0 to 262144, got ${thresholdBytes}`,
  );
});

function aTold(changes: Partial<Envelope> = {}): Envelope {
  return anEnvelope({ type: Told.type, data: { text: "" }, ...changes });
}

async function aReference(data: unknown, type: string = Told.type): Promise<Envelope> {
  return { ...aTold({ type }), data: undefined, dataref: await claimStore().put(asciiJson(data)) };
}

/** To an object that our own store would not have put. */
async function aReferenceTo(text: string | Uint8Array): Promise<Envelope> {
  const id = contentId(text);
  await world.put(`claims/${id}`, text);
  return { ...aTold(), data: undefined, dataref: datarefOf(id) };
}

/** An S3 whose objects have a length, a first byte, and no end. */
async function anS3Of({
  contentLength,
  onClose = () => undefined,
}: {
  contentLength: number | undefined;
  onClose?: () => void;
}): Promise<S3Client> {
  const server = createServer((_, response) => {
    response.on("close", onClose);
    response
      .writeHead(200, contentLength === undefined ? {} : { "content-length": contentLength })
      .write("{");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new S3Client({ endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true });
}

function datarefOf(id: string): string {
  return `s3://${bucket}/claims/${id}`;
}

function keyOf({ dataref = "" }: Envelope): string {
  return dataref.slice(`s3://${bucket}/`.length);
}

/** Different each time, and above the threshold. */
function large(start = ""): string {
  return `${start}${unique(40_000)}`;
}

/** A text that makes JSON of so many bytes as data of Told. */
function unique(bytes: number): string {
  return newId().padEnd(bytes - '{"text":""}'.length, "x");
}

type Publish = (data: unknown, unit: { publish(...drafts: ReturnType<typeof Told.from>[]): void }) => void;

function publishSizes(sizes: readonly number[]): Publish {
  return (_, unit) => unit.publish(...sizes.map((size) => Told.from({ text: unique(size) })));
}

/** The same at each run. */
function publishOne(start: string, unit: Parameters<Publish>[1]): void {
  unit.publish(Told.from({ text: start.padEnd(50_000, "x") }));
}

async function sizeOf({ data, dataref }: Envelope): Promise<number> {
  return dataref === undefined ? asciiJson(data).length : (await claimStore().get(dataref)).length;
}

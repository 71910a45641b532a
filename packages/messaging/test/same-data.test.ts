import { createHash } from "node:crypto";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aClaimWorld, bucket, type ClaimWorld } from "@essentially-once/testing/internal/support/claim-world";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { atMostOnce } from "../src/commit/at-most-once.ts";
import { claimCheck } from "../src/commit/claim-check.ts";
import { deliver, type MessageMiddleware } from "../src/commit/delivery.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { rows } from "../src/commit/rows.ts";
import { remember } from "../src/commit/seen-evidence.ts";
import { contentId, newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { datarefOf } from "../src/envelope/claim-place.ts";
import { contract } from "../src/envelope/contract.ts";
import { type Envelope, readEnvelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { sequenceText } from "../src/envelope/sequence.ts";
import { eventLog } from "../src/pull/event-log.ts";
import { journal } from "../src/pull/journal.ts";
import { messageChain } from "../src/receive/chain.ts";
import { endpoint } from "../src/receive/endpoint.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ to: z.string(), amount: z.number(), lines: z.array(z.looseObject({})) }),
  key: ({ to }) => to,
});

/** The same data as two programs write them, and other data. */
const first = { to: "b", amount: 5, lines: [{ sku: "tea", count: 2 }] };
const again = { lines: [{ count: 2, sku: "tea" }], amount: 5, to: "b" };
const other = { ...first, amount: 6 };

interface Form {
  readonly guard: () => MessageMiddleware;
  /** Where its evidence is. */
  readonly table: () => string;
  /** The code that other data under one id, or one number, are parked with. */
  readonly reused: string;
}

const forms: Readonly<Record<string, Form>> = {
  rows: {
    guard: () => idempotency({ evidence: rows({ groupCommit: false }) }),
    table: () => "evidence",
    reused: "ID_REUSED",
  },
  "inline, by ids": {
    guard: () => idempotency({ evidence: inline({ table: world.stateTable }) }),
    table: () => world.stateTable,
    reused: "ID_REUSED",
  },
  "inline, by numbers": {
    guard: () => idempotency({ evidence: inline({ table: world.stateTable, by: "sequence" }) }),
    table: () => world.stateTable,
    reused: "SEQUENCE_REUSED",
  },
  "at most once": { guard: () => atMostOnce(), table: () => "evidence", reused: "ID_REUSED" },
  "the journal": {
    guard: () => idempotency({ evidence: eventLog({ journal: journal() }) }),
    table: () => world.journalTable,
    reused: "ID_REUSED",
  },
};

let world: ClaimWorld;

beforeAll(async () => {
  world = await aClaimWorld();
});
afterAll(() => world.stop());

describe.each(Object.entries(forms))("G2: the same data in another order of keys, in %s", (_name, form) => {
  it("is a duplicate; other data are not", async () => {
    const message = aPaid();
    expect(await ending(form, { ...message, data: first })).toBe("done");
    expect(await ending(form, { ...message, data: again })).toBe("duplicate");
    expect(await ending(form, { ...message, data: first })).toBe("duplicate");
    expect(await ending(form, { ...message, data: other })).toBe(`park ${form.reused}`);
  });

  it("by evidence that the release before wrote, the same text is a duplicate, and other data are not", async () => {
    const message = aPaid();
    expect(await ending(form, { ...message, data: first })).toBe("done");
    await asTheReleaseBefore(form, message);
    expect(await ending(form, { ...message, data: first })).toBe("duplicate");
    expect(await ending(form, { ...message, data: other })).toBe(`park ${form.reused}`);
  });

  it("the release before, which still runs, finds in it the digest that it compares", async () => {
    const message = aPaid();
    expect(await ending(form, { ...message, data: first })).toBe("done");
    expect(JSON.stringify(await evidenceOf(form, message))).toContain(
      digestOfTheReleaseBefore(form, { ...message, data: first }),
    );
  });
});

describe("G2: the same data that went by claim check", () => {
  it("are a duplicate under another reference, and without one; other data are not", async () => {
    const form = forms.rows as Form;
    const message = aPaid();
    expect(await ending(form, { ...message, ...(await referTo(first)) })).toBe("done");
    expect(await ending(form, { ...message, ...(await referTo(again)) })).toBe("duplicate");
    expect(await ending(form, { ...message, ...(await referTo(again)) }, { receiveCount: 2 })).toBe(
      "duplicate",
    );
    expect(await ending(form, { ...message, data: again })).toBe("duplicate");
    expect(await ending(form, { ...message, ...(await referTo(other)) })).toBe("park ID_REUSED");
    expect(await ending(form, { ...message, ...(await referTo(other)) }, { receiveCount: 2 })).toBe(
      "park ID_REUSED",
    );
  });
});

describe("G2: the same request in another order of keys", () => {
  it("gets the first answer; other data under its key are 422", async () => {
    const pay = endpoint(contract({ name: "pay", accepts: [Paid] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async () => ({ payment: newId() }));
    const headers = { "idempotency-key": newId() };
    const [one, two, three] = [
      await pay(aPost(first, headers), aContext()),
      await pay(aPost(again, headers), aContext()),
      await pay(aPost(other, headers), aContext()),
    ];
    expect([one.statusCode, two.statusCode, three.statusCode]).toEqual([201, 201, 422]);
    expect(two.body).toBe(one.body);
    expect(three.body).toContain("ID_REUSED");
  });
});

const tested = contract({ name: "tested", accepts: [Paid] });

function aPaid(): Envelope {
  const key = newId();
  return anEnvelope({ type: Paid.type, partitionkey: key, sequence: sequenceText(1) });
}

async function referTo(data: unknown): Promise<Partial<Envelope>> {
  const text = JSON.stringify(data);
  const id = contentId(text);
  await world.put(`claims/${id}`, text);
  return { data: undefined, dataref: datarefOf({ bucket, id }) };
}

/** As the text arrives, and by a process that remembers nothing. */
async function ending(form: Form, sent: Envelope, { receiveCount = 1 } = {}): Promise<string> {
  const body = JSON.stringify(sent);
  const message = readEnvelope(body);
  remember(world.stateTable, message.partitionkey, {});
  const chain = messageChain({
    contract: tested,
    middlewares: [form.guard(), claimCheck()],
    async work(_message, unit) {
      if (form.table() !== world.stateTable) return;
      const Key = marshall({ id: message.partitionkey });
      unit.write({
        Update: { TableName: world.stateTable, Key, UpdateExpression: "SET seen = :s", ...once },
      });
    },
  });
  const sqsMessage = { body, attributes: {}, queueName: "tested", receiveCount };
  try {
    const delivery = { contract: tested, message, sqsMessage, deadlineMs: Date.now() + 20_000 };
    return (await deliver(chain, delivery, aContext())).kind;
  } catch (error) {
    if (error instanceof Park) return `park ${error.code}`;
    throw error;
  }
}

const once = { ExpressionAttributeValues: { ":s": { S: "s" } } };

async function evidenceOf(form: Form, message: Envelope): Promise<Record<string, unknown>> {
  const items = await world.items(form.table());
  const found = items.filter(
    (item) => item.messageId === message.id || item.id === message.partitionkey || item.meaning !== undefined,
  );
  return found.at(-1) ?? {};
}

/** What the release before would have left in its place. */
async function asTheReleaseBefore(form: Form, message: Envelope): Promise<void> {
  const { meaning: _meaning, ...item } = await evidenceOf(form, message);
  for (const name of ["eo_evidence", "eo_sequences"]) {
    const text = item[name];
    if (typeof text === "string") item[name] = text.replace(/((?:^| )[^ .]+\.[^ .]+\.[^ .]+)\.[^ ]+/g, "$1");
  }
  await world.clients.dynamodb.send(new PutItemCommand({ TableName: form.table(), Item: marshall(item) }));
}

function digestOfTheReleaseBefore(form: Form, { id, type, data }: Envelope): string {
  const hash = (text: string) => createHash("sha256").update(text).digest("base64url");
  const whole = hash(JSON.stringify([type, data]));
  if (form.reused === "SEQUENCE_REUSED") return `.${hash(JSON.stringify([id, whole])).slice(0, 16)}`;
  return form.table() === world.stateTable ? `.${whole.slice(0, 16)}.` : `"${whole}"`;
}

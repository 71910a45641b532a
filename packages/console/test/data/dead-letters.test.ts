// Dead letters on real engines: groups of the same failure, one opened, redriven, edited, discarded, by the code of the commands.

import { ChangeMessageVisibilityCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { messageType } from "@essentially-once/messaging/message-type";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import type { Job, Selection } from "../../src/api/dead-letter.ts";
import type { StreamEvent } from "../../src/api/stream.ts";
import { type DeadLetters, deadLetterSource } from "../../src/data/dead-letters/dead-letter-source.ts";
import { wordingOf } from "../../src/data/dead-letters/identity.ts";
import type { Reached } from "../../src/data/reached.ts";
import { messageIndex, type SeenDelivery } from "../../src/data/seen/message-index.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({
    cents: z.int().positive(),
    card: z.string().meta({ writeOnly: true }).optional(),
  }),
  key: () => "account",
});

const HOSTILE = "<script>alert(1)</script>\u0000\u001b[31m\u202e";
const refused = { ReasonCode: "CARD_REFUSED", ReasonDetail: "Error at billing/pay.ts:17:9" };

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let events: StreamEvent[];
let deadLetters: DeadLetters;
let nowMs = Date.now();

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
  events = [];
  nowMs = Date.now();
  deadLetters = deadLetterSource({
    reached: reached(),
    messages: messageIndex(),
    tell: (event) => void events.push(event),
    now: () => nowMs,
  });
});
afterAll(() => world.stop());

describe("groups", () => {
  test("the same failure of other messages is one group, at whatever column and with whatever data", async () => {
    await park({ cents: 1 }, { ...refused });
    await park({ cents: 2 }, { ...refused, ReasonDetail: "Error at billing/pay.ts:17:12" });
    await park({ cents: 3 }, { ReasonCode: "LIMIT", ReasonDetail: 'order 17 of "Ada" is over 100' });
    await park({ cents: 4 }, { ReasonCode: "LIMIT", ReasonDetail: 'order 18 of "Bob" is over 200' });
    await park({ cents: 5 }, { ReasonCode: "CARD_REFUSED", ReasonDetail: "Error at billing/pay.ts:18:9" });
    const { groups, total } = await deadLetters.overview();
    expect(total).toBe(5);
    const shown = groups.map(({ code, place, placeKind, count }) => `${count} ${code} ${placeKind} ${place}`);
    expect(shown.sort()).toEqual([
      "1 CARD_REFUSED code billing/pay.ts:18",
      "2 CARD_REFUSED code billing/pay.ts:17",
      '2 LIMIT detail order … of "…" is over …',
    ]);
    const again = deadLetterSource({ reached: reached(), messages: messageIndex(), tell: () => undefined });
    expect((await again.overview()).groups.map(({ id }) => id).sort()).toEqual(
      groups.map(({ id }) => id).sort(),
    );
  });

  test("have their first and last, and how many came when", async () => {
    for (const minutes of [0, 1, 1, 50]) {
      await park({ cents: 1 }, { ...refused, ParkedAt: new Date(nowMs - minutes * 60_000).toISOString() });
    }
    const [group] = (await deadLetters.overview()).groups;
    expect(group?.overTime.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(group?.overTime).toHaveLength(24);
    expect(group?.overTime.at(-1)).toBe(3);
    expect(Date.parse(group?.lastSeen ?? "") - Date.parse(group?.firstSeen ?? "")).toBe(50 * 60_000);
  });
});

test("those that another reader holds for a moment are waited for, and those that it keeps are said", async () => {
  await park({ cents: 1 }, refused);
  const QueueUrl = queue.deadLetterQueueUrl;
  const { sqs } = world.clients;
  const hold = () => sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 60 }));
  const { Messages: [held] = [] } = await hold();
  const reading = deadLetters.overview();
  const given = { QueueUrl, ReceiptHandle: held?.ReceiptHandle, VisibilityTimeout: 0 };
  await sqs.send(new ChangeMessageVisibilityCommand(given));
  const { total, unread } = await reading;
  expect({ total, unread }).toEqual({ total: 1, unread: [] });
  await hold();
  nowMs += 10_000;
  const later = await deadLetters.overview();
  expect(later.total).toBe(0);
  expect(later.unread).toEqual([expect.stringContaining("another reader")]);
});

describe("one that is opened", () => {
  test("tells why, what the evidence says and what a redrive would do; its payload when asked, secrets masked", async () => {
    await park({ cents: 5, card: "4111" }, refused);
    const closed = await open({ payload: false });
    expect(JSON.stringify(closed)).not.toContain("4111");
    expect(closed).toMatchObject({
      code: "CARD_REFUSED",
      evidence: "no evidence: not processed, as far as is known",
      redrive: { outcome: "sent-back" },
      mayEdit: true,
    });
    const { payload, schema } = await open({ payload: true });
    expect(payload).toMatchObject({ masked: ["/card"], cut: false });
    expect(JSON.parse(payload?.text ?? "")).toEqual({ cents: 5, card: "***/card" });
    expect(schema).toMatchObject({ properties: { card: { writeOnly: true } } });
  });

  test("that its consumer would park again is said, with the reason", async () => {
    await park({ cents: -5 }, refused);
    const { redrive } = await open({ payload: false });
    expect(redrive).toMatchObject({ outcome: "left", why: expect.stringContaining("DATA_INVALID") });
  });

  test("that is hostile is text, whole where it is asked for, and no more than a page can show", async () => {
    await world.park(
      queue,
      `${HOSTILE.replaceAll("\u0000", "").replaceAll("\u001b", "")}${"x".repeat(300_000)}`,
      {
        ReasonCode: "NOT_JSON",
        ReasonDetail: "<b>no</b>",
      },
    );
    const { payload, mayEdit, detail } = await open({ payload: true });
    expect(payload?.text.startsWith("<script>alert(1)</script>")).toBe(true);
    expect(payload).toMatchObject({ cut: true });
    expect({ mayEdit, detail }).toEqual({ mayEdit: false, detail: "<b>no</b>" });
  });
});

describe("a redrive", () => {
  test("of a consumer takes its dead letters and no others", async () => {
    for (let n = 1; n <= 2; n++) await park({ cents: n }, refused);
    const ofOther = { selection: { consumer: `${queue.consumer}Other` }, dryRun: true } as const;
    expect((await ended(await deadLetters.redrive(ofOther))).done).toBe(0);
    const ofThis = { selection: { consumer: queue.consumer }, dryRun: true } as const;
    expect((await ended(await deadLetters.redrive(ofThis))).counts["sent-back"]).toBe(2);
  });

  test("G6: of a group: the dry run says what the run then does, and touches nothing", async () => {
    for (let n = 1; n <= 3; n++) await park({ cents: n }, refused);
    await park({ cents: -1 }, refused);
    await park({ cents: 9 }, { ReasonCode: "OTHER", ReasonDetail: "else" });
    const group = (await deadLetters.overview()).groups.find(({ code }) => code === "CARD_REFUSED");
    const selection = { group: group?.id ?? "" };
    const dry = await ended(await deadLetters.redrive({ selection, dryRun: true }));
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 5, inFlight: 0 });
    const run = await ended(await deadLetters.redrive({ job: dry.id, dryRun: false }));
    expect(run.counts).toEqual(dry.counts);
    expect(run.counts).toMatchObject({ "sent-back": 3, left: 1 });
    expect(run.results.find(({ outcome }) => outcome === "left")?.why).toContain("DATA_INVALID");
    expect(await world.depth(queue.queueUrl)).toMatchObject({ visible: 3 });
    expect((await deadLetters.overview()).total).toBe(2);
  });

  test("of single ones takes these and no other, and is on the way until its evidence is there", async () => {
    await park({ cents: 1 }, refused);
    await park({ cents: 2 }, refused);
    const [first] = (await deadLetters.list({ after: 0 })).deadLetters;
    const selection = { keys: [first?.key ?? ""] };
    const { results } = await redriven(selection);
    expect(results).toMatchObject([{ id: first?.id, outcome: "sent-back" }]);
    expect((await deadLetters.overview()).underWay).toMatchObject([{ id: first?.id, state: "on-the-way" }]);
  });

  test("is told to the pages when its messages have ended, and nobody asked", async () => {
    const body = await park({ cents: 1 }, refused);
    await park({ cents: 2 }, refused);
    await redriven({ all: true });
    const told = () => events.filter(({ kind }) => kind === "dead-letters").length;
    const before = told();
    await world.drain(queue.queueUrl);
    await world.park(queue, body, refused);
    await expect.poll(told).toBe(before + 1);
    const states = (await deadLetters.overview()).underWay.map(({ state }) => state);
    expect(states.sort()).toEqual(["parked-again", "processed"]);
    deadLetters.stop();
  });

  test("of one that is parked again counts as come back, and its group is the first", async () => {
    const body = await park({ cents: 1 }, refused);
    await park({ cents: 2 }, { ReasonCode: "OTHER", ReasonDetail: "else" });
    const [row] = (await deadLetters.list({ after: 0 })).deadLetters.filter(
      ({ code }) => code === "CARD_REFUSED",
    );
    await redriven({ keys: [row?.key ?? ""] });
    await world.drain(queue.queueUrl);
    await world.park(queue, body, refused);
    nowMs += 10_000;
    const { groups, underWay } = await deadLetters.overview();
    expect(underWay).toMatchObject([{ id: row?.id, state: "parked-again" }]);
    expect(groups[0]).toMatchObject({ code: "CARD_REFUSED", cameBack: 1 });
  });
});

describe("what was parked in several deliveries", () => {
  const parked = (wording: string, sqsMessageId: string, sentMs: number): SeenDelivery => ({
    ...{ path: "Notes/NoteTaker", environment: "1", requestId: sqsMessageId, receiveCount: 1, chaos: [] },
    ...{ queueArn: `arn:aws:sqs:us-east-1:000000000000:${queue.queueUrl.split("/").at(-1)}`, end: "parked" },
    ...{ wording, sqsMessageId, sentMs, startedMs: sentMs + 10, endedMs: sentMs + 20 },
  });

  async function cameBack(deliveries: (wording: string) => readonly SeenDelivery[]): Promise<number> {
    const index = messageIndex();
    const body = await park({ cents: 1 }, refused);
    const { id, source, type } = JSON.parse(body) as Envelope;
    index.see({ id, source, type }).deliveries.push(...deliveries(wordingOf(undefined, body)));
    const looked = deadLetterSource({ reached: reached(), messages: index, tell: () => undefined });
    return (await looked.overview()).groups[0]?.cameBack ?? -1;
  }

  test("came back when it was sent again after it had been parked, by a command for one", async () => {
    expect(await cameBack((own) => [parked(own, "a", 1_000), parked(own, "b", 5_000)])).toBe(1);
  });

  test("did not when one sending was parked twice, as after a response that was lost", async () => {
    expect(await cameBack((own) => [parked(own, "a", 1_000), parked(own, "a", 1_000)])).toBe(0);
  });

  test("did not when two copies were on the way before either was parked", async () => {
    expect(await cameBack((own) => [parked(own, "a", 1_000), parked(own, "b", 1_005)])).toBe(0);
  });

  test("did not when forgeries of its id were parked: they are other dead letters", async () => {
    expect(await cameBack((own) => [parked("a forgery", "a", 1_000), parked(own, "b", 5_000)])).toBe(0);
  });
});

test("what was sent back is gone for a page that asks for all at once, as soon as it is told", async () => {
  await park({ cents: 1 }, refused);
  const [row] = (await deadLetters.list({ after: 0 })).deadLetters;
  await redriven({ keys: [row?.key ?? ""] });
  expect(events.at(-1)).toEqual({ kind: "dead-letters" });
  const [overview, list, opened] = await Promise.all([
    deadLetters.overview(),
    deadLetters.list({ after: 0 }),
    deadLetters.open({ key: row?.key ?? "", payload: false }),
  ]);
  expect({ total: overview.total, rows: list.total, opened }).toEqual({
    total: 0,
    rows: 0,
    opened: undefined,
  });
});

describe("an edit", () => {
  test.each(["[]", '{"cents":}'])(
    "with data that are nested too deeply is refused in words: %s",
    async (pair) => {
      await park({ cents: 1 }, refused);
      const { key } = await open({ payload: false });
      const [opening = "", closing = ""] = pair === "[]" ? ["[", "]"] : ['{"cents":', "}"];
      const data = `${opening.repeat(20_000)}1${closing.repeat(20_000)}`;
      const error = await deadLetters.edit({ key, dryRun: true, data }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ name: "NotRight", message: expect.stringContaining("200 levels") });
    },
  );

  test("names the fields that do not fit, and sends nothing; one that fits keeps the masked secret", async () => {
    await park({ cents: -5, card: "4111" }, refused);
    const { key } = await open({ payload: false });
    const edit = (data: unknown, dryRun = false) =>
      deadLetters.edit({ key, dryRun, data: JSON.stringify(data), trust: true });
    await expect(edit({ cents: -5, card: "***/card" })).rejects.toMatchObject({
      name: "NotRight",
      fields: [{ path: "/cents" }],
    });
    await expect(deadLetters.edit({ key, dryRun: false, data: "{" })).rejects.toMatchObject({
      name: "NotRight",
    });
    expect(await edit({ cents: 5, card: "***/card" }, true)).toMatchObject({
      dryRun: true,
      schemaChecked: true,
    });
    expect(await world.depth(queue.queueUrl)).toMatchObject({ visible: 0 });
    const { supersededBy } = (await edit({ cents: 5, card: "***/card" })) ?? {};
    const [sent] = await world.drain(queue.queueUrl);
    expect(JSON.parse(sent?.Body ?? "")).toMatchObject({
      id: supersededBy,
      data: { cents: 5, card: "4111" },
    });
    expect((await deadLetters.overview()).total).toBe(0);
  });
});

test("a discard says what it would do, does it, and keeps the reason", async () => {
  await park({ cents: 1 }, refused);
  const { id } = await open({ payload: false });
  const because = "a test of ours";
  const selection = { all: true } as const;
  const dry = await ended(await deadLetters.discard({ selection, because, dryRun: true }));
  expect(dry.counts.discarded).toBe(1);
  expect((await deadLetters.overview()).total).toBe(1);
  const run = await ended(await deadLetters.discard({ job: dry.id, because, dryRun: false }));
  expect(run).toMatchObject({
    state: "done",
    counts: { discarded: 1 },
    results: [{ id, outcome: "discarded" }],
  });
  expect(JSON.stringify(await world.items(world.evidenceTable))).toContain("a test of ours");
  expect((await deadLetters.overview()).total).toBe(0);
});

test("a thousand are grouped, paged and sent back with progress", async () => {
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => park({ cents: n + 1 }, refused)));
  const { total, groups } = await deadLetters.overview();
  expect({ total, groups: groups.length }).toEqual({ total: 1_000, groups: 1 });
  const first = await deadLetters.list({ after: 0 });
  const last = await deadLetters.list({ after: 900 });
  expect([first.deadLetters.length, first.next, last.deadLetters.length, last.next]).toEqual([
    100,
    100,
    100,
    undefined,
  ]);
  const job = await ended(await deadLetters.redrive({ selection: { all: true }, dryRun: true }));
  expect(job).toMatchObject({ done: 1_000, total: 1_000, counts: { "sent-back": 1_000 } });
  const told = events.filter((event) => event.kind === "job");
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(200);
});

async function park(data: unknown, attributes: Record<string, string>): Promise<string> {
  const body = asciiJson(anEnvelope({ type: Paid.type, data } as Partial<Envelope>));
  await world.park(queue, body, attributes);
  return body;
}

async function open({ payload }: { payload: boolean }) {
  nowMs += 10_000;
  const [row] = (await deadLetters.list({ after: 0 })).deadLetters;
  const opened = await deadLetters.open({ key: row?.key ?? "", payload });
  if (!opened) throw new Error("there is none to open");
  return opened;
}

async function redriven(selection: Selection): Promise<Job> {
  const { id } = await ended(await deadLetters.redrive({ selection, dryRun: true }));
  return ended(await deadLetters.redrive({ job: id, dryRun: false }));
}

async function ended({ id }: Job): Promise<Job> {
  for (;;) {
    const job = await deadLetters.job(id);
    if (job && job.state !== "running") return job;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function reached(): Reached {
  const { sqs, dynamodb } = world.clients;
  const contract = { name: "note-taker", accepts: [Paid] };
  return {
    connection: { sqs, dynamodb, outputs: {}, local: { endpoints: {} } },
    queues: [queue],
    registrations: [],
    known: { contracts: { of: (name) => (name === "note-taker" ? contract : undefined), broken: [] } },
  };
}

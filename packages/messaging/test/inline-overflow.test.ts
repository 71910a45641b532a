// An item's evidence by ids beyond its window: no healthy message is refused and no duplicate takes effect, whatever the
// messages' times say, however many there are, and whichever environment of whichever release meets them.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { injectFaults } from "@essentially-once/testing/faults";
import { earlierInline } from "@essentially-once/testing/internal/support/earlier-inline";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { rounds } from "@essentially-once/testing/rounds";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { sharedRead } from "../src/aws/shared-read.ts";
import { entryOf, readText, recordOf, writeText } from "../src/commit/evidence-text.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { derivedId, newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ counter: z.string(), note: z.string().optional() }),
  key: (added) => added.counter,
});

let world: World;
let counterId: string;
const cleanUp: (() => void)[] = [];

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  counterId = newId();
});
afterEach(() => {
  for (const clean of cleanUp.splice(0)) clean();
});
afterAll(() => world.stop());

describe("no healthy message is refused", () => {
  it("G2, G6: twelve messages of one unit of work, all of one time", async () => {
    const { receiveAll } = await anEnvironment();
    let waiting = messages(12);
    for (const _ of rounds()) {
      if (waiting.length === 0) break;
      waiting = await receiveAll(waiting); // what lost its race is delivered again
    }
    expect(await outcome()).toEqual({ count: 12, parked: [] });
  });

  it.each([
    ["go backwards", (n: number) => new Date(Date.UTC(2026, 0, 1) - n * 1_000).toISOString()],
    ["are of other zones", (n: number) => `2026-01-01T00:00:00+${String(n % 14).padStart(2, "0")}:00`],
    ["are before 1970", (n: number) => new Date(-1_000 - n).toISOString()],
    ["lie in the future", (n: number) => new Date(Date.UTC(2099, 0, 1) - n).toISOString()],
  ])("G2, G6: forty messages whose times %s, each twice", async (_how, time) => {
    const environment = await anEnvironment();
    const all = messages(40, time);
    for (const message of all) await environment.receive(message);
    const other = await anEnvironment();
    for (const message of all) await other.receive(message);
    expect(await outcome()).toEqual({ count: 40, parked: [] });
  });

  it("G2, G6: a hot item behind a standard queue: 200 messages out of order, in 20 environments", async () => {
    const environments: Awaited<ReturnType<typeof anEnvironment>>[] = [];
    while (environments.length < 20) environments.push(await anEnvironment()); // one after the other: each loads anew
    const waiting = shuffled(messages(200, (n) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()));
    await Promise.all(
      environments.map(async (environment) => {
        for (let message = waiting.pop(); message; message = waiting.pop()) {
          waiting.unshift(...(await environment.receive(message)));
        }
      }),
    );
    expect(await outcome()).toEqual({ count: 200, parked: [] });
  });
});

describe("no duplicate takes effect", () => {
  it("G2: beyond a window of 6, with a new time, in the same environment and in one that knows nothing", async () => {
    const first = await anEnvironment({ window: 6 });
    const all = messages(40);
    for (const message of all) await first.receive(message);
    const renewed = all.map((message) => ({
      ...message,
      time: new Date(Date.UTC(2026, 5, 1)).toISOString(),
    }));
    await first.receiveAll(renewed);
    await (await anEnvironment({ window: 6 })).receiveAll(renewed);
    expect(await outcome()).toEqual({ count: 40, parked: [] });
  });

  it("D15: and the same id with other data is parked, in the window, among those that leave it, and beyond", async () => {
    const { receive } = await anEnvironment({ window: 2 });
    const all = messages(20);
    for (const message of all) await receive(message);
    for (const index of [19, 15, 0]) {
      await receive({ ...(all[index] as Envelope), data: { counter: counterId, note: "other" } });
    }
    expect(await outcome()).toEqual({ count: 20, parked: ["ID_REUSED", "ID_REUSED", "ID_REUSED"] });
  });

  it("G2: that another environment processed and put into a row, after this one had read the rows", async () => {
    const { receive } = await anEnvironment({ window: 1 });
    for (const message of messages(15)) await receive(message);
    const [theirs] = messages(1);
    const [row] = await rows();
    const records = `${row?.records}${recordOf(entryOf("count", theirs))}${String(row?.records).slice(-3)}`;
    await world.put(evidence(), { ...row, records });
    const item = (await world.get(table(), counterId)) ?? {};
    const eo_evidence = String(item.eo_evidence).replace(/(~\w[^.~]*\.)[^.]{8}\./, "$1newToken.");
    expect(eo_evidence).toContain(".newToken.");
    await world.put(table(), { ...item, eo_evidence });
    await receive(theirs);
    expect(await outcome()).toEqual({ count: 15, parked: [] });
  });

  it.each(["before", "after"] as const)(
    "G2: when the commit after a row's fails (%s it is applied), and every message is redelivered",
    async (moment) => {
      const { receive, client } = await anEnvironment({ window: 1 });
      const all = messages(14);
      for (const message of all.slice(0, 11)) await receive(message);
      const faults = injectFaults(client, { command: "UpdateItemCommand", moment });
      await receive(all[11] as Envelope); // puts ten into a row
      faults.remove();
      for (let round = 0; round < 2; round++) {
        const another = await anEnvironment({ window: 1 });
        for (const message of all) await another.receive(message);
      }
      expect(await outcome()).toEqual({ count: 14, parked: [] });
    },
  );

  // In a window of two, each puts its own messages out; in one of three, the other's.
  it.each([2, 3])(
    "G2: of two consumers that keep their evidence in one item, in a window of %i",
    async (window) => {
      const [one, other] = [await anEnvironment({ window }), await anEnvironment({ window, name: "other" })];
      const all = messages(30);
      for (const message of all) for (const { receive } of [one, other]) await receive(message);
      for (const message of all) for (const { receive } of [other, one]) await receive(message);
      expect(await outcome()).toEqual({ count: 60, parked: [] });
      const ids = (await rows()).map(({ id }) => String(id).split("#")[0]);
      expect(new Set(ids)).toEqual(new Set(["count", "other"])); // a role may be held to its own consumer's keys
    },
  );
});

describe("while a deployment runs", () => {
  it("G2: an environment of the earlier release and one of this release apply each message once, in turns", async () => {
    const { receive } = await anEnvironment({ window: 3 });
    const all = messages(60, (n) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString());
    for (const [n, message] of all.entries()) {
      if (n % 3 === 0) expect(await earlier(message)).toBe("done");
      else await receive(message);
    }
    expect(await outcome()).toEqual({ count: 60, parked: [] });
    const ends = [];
    for (const message of all) ends.push(await earlier(message));
    const another = await anEnvironment({ window: 3 });
    for (const message of all) await another.receive(message);
    expect((await outcome()).count).toBe(60);
    expect(new Set(ends)).toEqual(new Set(["EVIDENCE_GONE", "duplicate"])); // as before: never a second effect
  });

  it("G2: the earlier release finds as many of the last messages in the item as its own window has", async () => {
    const { receive } = await anEnvironment({ window: 5 });
    const all = messages(40);
    for (const message of all) {
      await receive(message);
      const last = all.slice(Math.max(0, all.indexOf(message) - 4), all.indexOf(message) + 1);
      for (const one of last) expect(await earlier(one, 5)).toBe("duplicate");
    }
  });

  it("G2, G6: an item that the earlier release wrote refuses what that release had dropped, and nothing else", async () => {
    const time = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();
    const old = messages(6, time);
    for (const message of old) expect(await earlier(message)).toBe("done"); // three have left its window
    const { receive } = await anEnvironment({ window: 3 });
    for (const message of messages(30, (n) => time(n + 3))) await receive(message);
    for (const message of old.slice(3)) await receive(message);
    expect(await outcome()).toMatchObject({ count: 36, parked: [] });
    for (const message of old.slice(0, 3)) await receive(message);
    expect(await outcome()).toMatchObject({ count: 36, parked: Array(3).fill("EVIDENCE_GONE") });
  });

  it("G2, G6: an item whose evidence the earlier release had not dropped yet goes on as if this one had written it", async () => {
    const old = messages(3);
    for (const message of old) expect(await earlier(message)).toBe("done"); // all in its window, all of one time
    const [{ receive }, other] = [
      await anEnvironment({ window: 3 }),
      await anEnvironment({ window: 3, name: "other" }),
    ];
    const all = messages(40);
    for (const message of all) await receive(message);
    for (const message of [...old, ...all]) await receive(message);
    expect(await outcome()).toEqual({ count: 43, parked: [] });
    await other.receive(old[0] as Envelope); // of a consumer that had not processed it
    expect(await outcome()).toEqual({ count: 44, parked: [] });
  });

  it("G2, G11: after the earlier release has written, one look finds out which rows there are", async () => {
    const first = await anEnvironment({ window: 1 });
    const all = messages(12);
    for (const message of all) await first.receive(message);
    const [theirs, next] = messages(2, (n) => `2026-02-0${n + 1}T00:00:00.000Z`) as [Envelope, Envelope];
    expect(await earlier(theirs)).toBe("done"); // what it writes says nothing of the row
    await (await anEnvironment({ window: 1 })).receive(next);
    const { receive, client } = await anEnvironment({ window: 1 });
    const requests = watchRequests(client);
    for (const message of all.slice(0, 10)) await receive(message); // those that the row has
    expect(requests.stop().filter((one) => one.startsWith("Batch"))).toEqual([]); // of the five, one
    expect(await outcome()).toEqual({ count: 14, parked: [] });
  });

  it("sixty days later nothing is refused any more", async () => {
    const past = () => new Date(Date.UTC(2020, 0, 1)).toISOString();
    for (const message of messages(4, (n) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString())) {
      await earlier(message);
    }
    const { receive, setClock } = await anEnvironment({ window: 3 });
    for (const message of messages(2, () => new Date(Date.UTC(2026, 1, 1)).toISOString()))
      await receive(message);
    setClock(() => Date.now() + 60 * 86_400_000);
    await receive(messages(1, past)[0] as Envelope);
    expect(await outcome()).toEqual({ count: 6, parked: ["EVIDENCE_GONE"] });
    setClock(() => Date.now() + 61 * 86_400_000);
    for (const message of messages(2, past)) await receive(message);
    expect(await outcome()).toEqual({ count: 8, parked: [] });
  });
});

describe("what it costs", () => {
  it("a write unit a message, and a second one for one in ten; in one environment no read", async () => {
    const { receive, client } = await anEnvironment({ window: 6 });
    const requests = watchRequests(client);
    const tries = injectFaults(client, { command: "PutItemCommand", moment: "before", attempts: [] });
    for (const message of messages(106)) await receive(message);
    requests.stop();
    expect(tries.attempts).toHaveLength(9); // none is refused
    expect(requests.seen.filter((one) => one === "UpdateItem 1")).toHaveLength(106);
    const puts = requests.seen
      .filter((one) => one.startsWith("PutItem"))
      .map((one) => Number(one.split(" ")[1]));
    expect(puts).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]); // one row of up to ninety messages
    expect(requests.seen.filter((one) => !/^(UpdateItem|PutItem)/.test(one))).toEqual([]);
  });

  it("an item with up to as many messages as two windows never pays, and loads nothing for it", async () => {
    vi.doMock("../src/commit/inline-overflow.ts", () => {
      throw new Error("loaded without need");
    });
    cleanUp.push(() => vi.doUnmock("../src/commit/inline-overflow.ts"));
    const requests = [];
    for (let item = 0; item < 5; item++) {
      counterId = newId();
      const { receive, client } = await anEnvironment();
      const watch = watchRequests(client);
      for (const message of messages(20)) await receive(message);
      requests.push(...watch.stop());
    }
    expect(requests).toEqual(Array(100).fill("UpdateItem 1"));
    expect(await rows()).toEqual([]);
  });

  it("in an environment that knows nothing, one read unit a message while the item has one row", async () => {
    const first = await anEnvironment({ window: 6 });
    for (const message of messages(50)) await first.receive(message);
    const { receive, client } = await anEnvironment({ window: 6 });
    await receive(...messages(1));
    const requests = watchRequests(client);
    for (const message of messages(3)) await receive(message);
    expect(requests.stop()).toEqual(["UpdateItem 1", "UpdateItem 1", "UpdateItem 1"]); // it has read the row once
  });
});

describe("the memory of what rows hold", () => {
  const [message] = messages(1);
  const unit = unitOfWork({ contract: { name: "count", publishes: [] }, cause: message });
  const delivery = { consumer: "count", message, unit, deadlineMs: 0 };
  const client = () => world.clients.dynamodb;

  it("G11: has the last 200 items", async () => {
    const { looking, text } = await anOverflow();
    const look = async (n: number) => looking(n, text("aToken00", 0));
    await look(0);
    await Promise.all(Array.from({ length: 200 }, (_, n) => look(n + 1)));
    const requests = watchRequests(client());
    for (let n = 1; n <= 200; n++) expect(await look(n)).toBeUndefined();
    expect(requests.seen).toEqual([]);
    await look(0);
    expect(requests.stop()).toHaveLength(1);
  });

  it("G2, G11: of rows that another process went on in, those are read that it may have changed", async () => {
    const { looking, text, nameOf } = await anOverflow();
    const requests = watchRequests(client());
    for (const [token, row] of [
      ["aToken00", 1], // rows 0 and 1
      ["bToken00", 2], // 1, which was the last one, and 2
      ["cToken00", 4], // all, as they are full: each may have got room
    ] as const) {
      expect(await looking(1, text(token, row))).toBeUndefined();
    }
    expect(requests.stop()).toEqual(["BatchGetItem 2", "BatchGetItem 2", "BatchGetItem 5"]);
    await looking(2, text("aToken00", 1));
    const records = `${recordOf(entryOf("count", message))}abc`;
    await world.put(evidence(), { id: `${nameOf(2)}#2`, records });
    expect(await looking(2, text("bToken00", 2))).toEqual({ kind: "duplicate" });
  });

  it.each([
    ["all shared ones are full", 4, { kind: "duplicate" }],
    ["there is none, as a shared one has room", 3, undefined],
  ])(
    "G2, G11: settled after the earlier release, an item knows of rows of a message's own: %s",
    async (_what, last, known) => {
      const { readOverflow, place, nameOf } = await anOverflow();
      const record = recordOf(entryOf("count", message));
      await world.put(evidence(), {
        id: `${nameOf(1)}#${last}`,
        records: `${"x".repeat(20)}abc`,
      });
      await world.put(evidence(), { id: `${nameOf(1)}#${record.slice(0, 12)}`, record });
      const other = { ...delivery, message: { ...message, id: newId() } };
      const unsettled = writeText({ floorMs: 0, lostMs: 0, lostDay: 0, beyond: [], entries: [] });
      const requests = watchRequests(client());
      const { evidence: settled } = await readOverflow(place(1), unsettled, other);
      expect(requests.stop()).toEqual(["BatchGetItem 6"]); // five shared ones, and its own
      expect((await readOverflow(place(1), settled, delivery)).known).toEqual(known);
    },
  );

  it("G11: settled after the earlier release, an item without rows is not looked beyond again", async () => {
    const { readOverflow, place } = await anOverflow();
    const unsettled = writeText({ floorMs: 0, lostMs: 0, lostDay: 0, beyond: [], entries: [] });
    const { evidence: settled } = await readOverflow(place(1), unsettled, delivery);
    const { mark } = entryOf("count", message);
    expect(readText(settled).beyond).toEqual([{ mark, token: "", row: -1, ownDay: 0, leaving: "" }]);
    const requests = watchRequests(client());
    await readOverflow(place(1), settled, delivery);
    expect(requests.stop()).toEqual([]);
  });

  /** Asks for what is beyond an item, as a new process: it has seen none. */
  async function anOverflow() {
    vi.resetModules();
    const { readOverflow } = await import("../src/commit/inline-overflow.ts");
    const { nameOf } = await import("../src/commit/overflow-rows.ts");
    const evidenceTable = evidence();
    const read = sharedRead({ table: evidenceTable, client });
    const place = (n: number) => ({ evidenceTable, client, read, table: table(), id: `${counterId} ${n}` });
    return {
      readOverflow,
      place,
      nameOf: (n: number) => nameOf(place(n), delivery),
      text(token: string, row: number): string {
        const beyond = [{ mark: entryOf("count", message).mark, token, row, ownDay: 0, leaving: "" }];
        return writeText({ floorMs: 1, lostMs: -1, lostDay: 0, beyond, entries: [] });
      },
      looking: async (n: number, text: string) => (await readOverflow(place(n), text, delivery)).known,
    };
  }
});

describe("an item with more messages than one row holds", () => {
  it("G2, G11: goes on in further rows, then in rows of a message's own, and knows all of them", async () => {
    const first = await anEnvironment({ window: 1 });
    const early = messages(12);
    for (const message of early) await first.receive(message);
    await fillRows(5);
    const late = messages(40);
    for (const message of late) await first.receive(message);
    const all = await rows();
    expect(all.filter(({ records }) => records !== undefined)).toHaveLength(5);
    expect(all.filter(({ record }) => record !== undefined).length).toBeGreaterThanOrEqual(20);
    for (const { records = "" } of all) expect(String(records).length).toBeLessThanOrEqual(170 * 23);

    for (const message of [...late, ...early]) await first.receive(message);
    const cold = await anEnvironment({ window: 1 });
    const requests = watchRequests(cold.client);
    await cold.receive(early[0] as Envelope);
    expect(requests.stop()).toContain("BatchGetItem 6"); // G11: a bounded look
    for (const message of [...late, ...early]) await cold.receive(message);
    expect(await outcome()).toEqual({ count: 52, parked: [] });
  });

  it("G11: fills a row to its last record before it begins another", async () => {
    const first = await anEnvironment({ window: 1 });
    for (const message of messages(12)) await first.receive(message);
    const [row] = await rows();
    const room = 170 - String(row?.records).length / 23 - 10;
    await world.put(evidence(), { ...row, records: `${row?.records}${otherRecords(room, row)}` });
    const { receive } = await anEnvironment({ window: 1 });
    for (const message of messages(10)) await receive(message);
    expect((await rows()).map(({ records }) => String(records).length)).toEqual([170 * 23]);
  });

  it("G11: reuses the room of expired records", async () => {
    const { receive, setClock } = await anEnvironment({ window: 1 });
    for (const message of messages(12)) await receive(message);
    await fillRows(5);
    setClock(() => Date.now() + 61 * 86_400_000);
    for (const message of messages(20)) await receive(message);
    const all = await rows();
    expect(all.filter(({ record }) => record !== undefined)).toEqual([]);
    expect(all.map(({ records }) => String(records).length).some((length) => length < 1_000)).toBe(true);
    expect(await outcome()).toEqual({ count: 32, parked: [] });
  });
});

interface AnEnvironment {
  readonly window?: number;
  readonly name?: string;
}

/** The kit as a new process has it: it has seen no item. */
async function anEnvironment({ window, name = "count" }: AnEnvironment = {}) {
  vi.resetModules();
  const [clients, clock, { consumer }, { idempotency }, { inline }] = await Promise.all([
    import("../src/aws/clients.ts"),
    import("../src/core/clock.ts"),
    import("../src/receive/consumer.ts"),
    import("../src/commit/idempotency.ts"),
    import("../src/commit/inline.ts"),
  ]);
  const evidence = inline({ table: table(), ...(window !== undefined && { window }) });
  const handler = consumer(contract({ name, accepts: [Added] }))
    .use(idempotency({ evidence }))
    .handler(async (_message, unit) => {
      unit.write({
        Update: {
          TableName: table(),
          Key: { id: { S: counterId } },
          UpdateExpression: "ADD #count :one",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      });
    });
  /** @returns what SQS brings again */
  async function receiveAll(all: readonly Envelope[]): Promise<Envelope[]> {
    const records = all.map((message) => anSqsRecord(asciiJson(message)));
    const { batchItemFailures } = await handler(anSqsEvent(...records), aContext());
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return all.filter((_, index) => failed.has(records[index]?.messageId ?? ""));
  }
  return {
    receiveAll,
    receive: (message: Envelope) => receiveAll([message]),
    client: clients.dynamodb(),
    setClock(replacement: () => number) {
      cleanUp.push(clock.setClock(replacement));
    },
  };
}

function earlier(message: Envelope, window = 3) {
  return earlierInline(
    { client: world.clients.dynamodb, table: table(), consumer: "count", window },
    message,
  );
}

function messages(count: 1): [Envelope];
function messages(count: number, time?: (n: number) => string): Envelope[];
function messages(count: number, time: (n: number) => string = () => "2026-01-01T00:00:00.000Z"): Envelope[] {
  return Array.from({ length: count }, (_, n) =>
    anEnvelope({ ...Added.from({ counter: counterId }), time: time(n) }),
  );
}

function shuffled<Element>(all: readonly Element[]): Element[] {
  return all
    .map((element, n) => [derivedId("shuffle", n), element] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, element]) => element);
}

/** As if many other messages had left the item on the same day. */
async function fillRows(count: number): Promise<void> {
  const [first] = await rows();
  for (let row = 0; row < count; row++) {
    const others = otherRecords(165, first, row);
    const mine = row === 0 ? String(first?.records) : "";
    const records = (mine + others).slice(0, 170 * 23);
    await world.put(evidence(), { ...first, id: String(first?.id).replace(/\d$/, String(row)), records });
  }
}

/** Of the same day as the last one in the row. */
function otherRecords(count: number, like: Record<string, unknown> | undefined, seed = 0): string {
  const day = String(like?.records).slice(-3);
  return Array.from({ length: count }, (_, n) => derivedId("other", seed, n).slice(0, 20) + day).join("");
}

async function rows(): Promise<Record<string, unknown>[]> {
  const name = `#${derivedId(table(), counterId)}#`;
  return (await world.items(evidence())).filter(({ id }) => String(id).includes(name));
}

async function outcome() {
  const { count } = (await world.get(table(), counterId)) ?? {};
  const deadLetters = await world.drain(world.output("StandardDeadLetterQueueUrl"));
  return { count, parked: deadLetters.map(({ attributes }) => attributes.ReasonCode) };
}

function table(): string {
  return world.output("StandardTable");
}

function evidence(): string {
  return process.env.EVIDENCE_TABLE ?? "";
}

import {
  type AttributeValue,
  DynamoDBClient,
  PutItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { aReceive, countsOf, nextPast, through } from "@essentially-once/testing/internal/support/limited";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { localEngines } from "@essentially-once/testing/local-engines";
import { afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { derivedId, newId } from "../src/core/ids.ts";
import { Park, type RetryLater } from "../src/core/outcome.ts";
import { type RateOptions, rate } from "../src/limit/rate.ts";

const engines = localEngines();
let table: string;
let key: string;
let requests: string[];
let aheadMs = 0;
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();
let onRequest: ((input: UpdateItemCommandInput) => unknown) | undefined;
let client: DynamoDBClient;

beforeAll(async () => {
  table = (await engines.aStreamedTable()).tableName;
  const { endpoints } = engines;
  client = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        requests.push(commandName);
        await onRequest?.(args.input as UpdateItemCommandInput);
        return next(args);
      },
    { step: "initialize" },
  );
});
beforeEach(() => {
  key = `k${newId()}`;
  process.env.LIMITS = `other,${key}`;
  requests = [];
  setClock(() => startMs + aheadMs);
});
afterEach(() => {
  onRequest = undefined;
  setClock(Date.now)();
});

/** For a test that waits. */
function clockRuns(): void {
  setClock(() => Date.now() + aheadMs);
}

function anEnvironment(options: Partial<RateOptions> = {}) {
  return rate({ key, table, client, perSecond: 0.1, burst: 2, ...options });
}

it("G13: environments share the tokens; who gets none comes back when its own is due, and not before", async () => {
  const [one, two] = [anEnvironment(), anEnvironment()];
  expect([await through([one]), await through([two])]).toEqual(["done", "done"]);
  const third = (await through([one])) as RetryLater;
  const fourth = (await through([two])) as RetryLater;
  expect(third).toMatchObject({ code: "RATE_LIMITED", waited: true });
  expect(third.retryAfterSeconds).toBeGreaterThanOrEqual(9);
  expect(third.retryAfterSeconds).toBeLessThanOrEqual(11);
  expect((fourth.retryAfterSeconds ?? 0) - (third.retryAfterSeconds ?? 0)).toBe(10);

  const early = await through([two], { past: nextPast(third) });
  expect(early).toMatchObject({ code: "RATE_LIMITED", kept: third.kept });
  aheadMs += 10_000;
  expect(await through([two], { past: nextPast(third) })).toBe("done");
  expect(((await through([two])) as RetryLater).retryAfterSeconds).toBeGreaterThanOrEqual(18);
});

it("G13: a token is used once: a second run of the same receive, and one after a crash, need another", async () => {
  const one = anEnvironment({ burst: 1 });
  await through([one]);
  const waiting = await through([one]);
  aheadMs += 10_000;
  const sqsMessage = aReceive(nextPast(waiting));
  expect(await through([one], { sqsMessage })).toBe("done");
  expect(await through([one], { sqsMessage })).toMatchObject({ code: "RATE_LIMITED" });
});

it("G13: a token that comes too late is used no more", async () => {
  const one = anEnvironment();
  await Promise.all([through([one]), through([one])]);
  const waiting = (await through([one])) as RetryLater;
  await Promise.all([through([one]), through([one]), through([one])]); // the next 30 seconds are sold
  aheadMs += 31_000;
  const late = (await through([one], { past: nextPast(waiting) })) as RetryLater;
  expect(late).toMatchObject({ code: "RATE_LIMITED" });
  expect(late.kept).not.toEqual(waiting.kept);
});

it("G13: after a pause as many pass at once as the burst has, however long it was", async () => {
  for (const pauseMs of [0, 1_000_000, 60_000]) {
    const one = anEnvironment(); // a new one has not seen the line
    aheadMs += pauseMs;
    const ended = await Promise.all(Array.from({ length: 5 }, () => through([one])));
    expect(ended.filter((each) => each === "done")).toHaveLength(2);
    expect(ended.filter((each) => each !== "done" && "kept" in each)).toHaveLength(3);
  }
});

it("a batch takes its tokens in one request, and who waited longer is served first", async () => {
  const one = anEnvironment();
  const waits = [0, 0, 0, 0, 0, 7, 0, 0, 0, 0];
  const ended = await Promise.all(waits.map((waited) => through([one], { past: { waits: waited } })));
  expect(ended[5]).toBe("done");
  expect(ended.filter((each) => each === "done")).toHaveLength(2);
  expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand"]); // the first finds no line
  requests = [];
  await Promise.all(waits.map(() => through([one])));
  expect(requests).toEqual(["UpdateItemCommand"]);
});

it("G13: tenants have lines of their own", async () => {
  const one = anEnvironment({ burst: 1, per: ({ partitionkey }) => partitionkey });
  expect(await through([one], { key: "a" })).toBe("done");
  expect(await through([one], { key: "a" })).toMatchObject({ code: "RATE_LIMITED" });
  expect(await through([one], { key: "b" })).toBe("done");
});

it.each<[() => string, string]>([
  [() => "", "string"],
  [() => "x".repeat(513), "string"],
  [() => 7 as unknown as string, "number"],
  [() => JSON.parse("{"), "an error"],
])("parks a message without a tenant (%#)", async (per, got) => {
  const parked: unknown = await through([anEnvironment({ per })]);
  expect(parked).toBeInstanceOf(Park);
  const detail = `\`per\` must return 1 to 512 characters, got ${got}`;
  expect(parked).toMatchObject({ code: "RATE_KEY_INVALID", detail });
  expect((parked as Park).cause instanceof SyntaxError).toBe(got === "an error");
  expect(await through([anEnvironment({ per: () => "x".repeat(512) })])).toBe("done");
});

it("a message that one rate let pass is not asked again while it waits for the next", async () => {
  const perTenant = anEnvironment({ perSecond: 0.01, burst: 1, per: ({ partitionkey }) => partitionkey });
  const all = anEnvironment({ burst: 1 });
  expect(await through([perTenant, all], { key: "a" })).toBe("done");
  const waiting = await through([perTenant, all], { key: "b" });
  expect(waiting).toMatchObject({ code: "RATE_LIMITED" });
  const [tenant, line] = [`limit#${key}#rate#${derivedId("b")}`, `limit#${key}#rate`];
  expect((waiting as RetryLater).kept).toEqual({ [tenant]: 0, [`${line}@10000000`]: expect.any(Number) });
  aheadMs += 10_000;
  expect(await through([perTenant, all], { key: "b", past: nextPast(waiting) })).toBe("done");
});

it("G13: who comes too late for the second rate pays the first one again, however long ago it paid", async () => {
  const perTenant = () => anEnvironment({ perSecond: 1, burst: 1, per: ({ partitionkey }) => partitionkey });
  const all = anEnvironment({ perSecond: 20, burst: 20 });
  const deadlineMs = 0; // nobody waits in the function
  await Promise.all(Array.from({ length: 200 }, () => through([all], { deadlineMs })));
  const waiting: ("done" | Error)[] = [];
  for (let nth = 0; nth < 8; nth++) {
    waiting.push(await through([perTenant(), all], { key: "a", deadlineMs }));
    aheadMs += 1_000;
  }
  expect(waiting.map((each) => Object.keys((each as RetryLater).kept ?? {}).length)).toEqual(
    Array(8).fill(2),
  );
  aheadMs += 600_000; // nothing is received for ten minutes
  const chain = [perTenant(), all];
  const again = [];
  for (const each of waiting)
    again.push(await through(chain, { key: "a", past: nextPast(each), deadlineMs }));
  expect(again.filter((each) => each === "done")).toHaveLength(1);
  const [, second] = again as RetryLater[];
  expect(Object.keys(second?.kept ?? {})).toEqual([`limit#${key}#rate#${derivedId("a")}@1000000`]);
  aheadMs += 1_000;
  expect(await through(chain, { key: "a", past: nextPast(second as RetryLater), deadlineMs })).toBe("done");
});

it("G13: of three rates, who comes too late for the last pays both others again, in their order", async () => {
  const rates = ["first", "second", "third"].map((name) => anEnvironment({ burst: 1, per: () => name }));
  const deadlineMs = 0;
  const ids = ["first", "second", "third"].map((name) => `limit#${key}#rate#${derivedId(name)}`);
  expect(await through(rates, { deadlineMs })).toBe("done");
  const kept = {
    [`${ids[0]}`]: 0,
    [`${ids[1]}`]: 0,
    [`${ids[2]}@10000000`]: (startMs + aheadMs - 60_000) * 1_000,
  };
  aheadMs += 9_000;
  const early = (await through(rates, { past: { waits: 1, kept }, deadlineMs })) as RetryLater;
  expect(Object.keys(early.kept ?? {})).toEqual([`${ids[0]}@10000000`]);
  aheadMs += 1_000;
  expect(await through(rates, { past: nextPast(early), deadlineMs })).toBe("done");
});

it("G13: a message that finds the second rate sold out pays the first one again", async () => {
  const first = anEnvironment({ burst: 1, per: () => "first" });
  const second = anEnvironment({ perSecond: 0.001, burst: 1 });
  for (let nth = 0; nth < 4; nth++) await through([second]);
  expect(await through([first, second])).toHaveProperty("kept", {});
});

it("G13: a rate that is lowered holds for those that wait already; one that is raised keeps their appointments", async () => {
  const fast = anEnvironment({ burst: 1 });
  await through([fast]);
  const waiting = await Promise.all(Array.from({ length: 3 }, () => through([fast])));
  const slow = anEnvironment({ perSecond: 0.01, burst: 1 });
  aheadMs += 10_000;
  const [first] = waiting;
  expect(await through([slow], { past: nextPast(first as RetryLater) })).toMatchObject({
    code: "RATE_LIMITED",
  });
  const faster = anEnvironment({ perSecond: 0.2, burst: 2 });
  expect(await through([faster], { past: nextPast(first as RetryLater) })).toBe("done");
});

it("a line that a wrong clock has sold begins anew", async () => {
  aheadMs += 2 * 86_400_000;
  await through([anEnvironment()]);
  aheadMs -= 2 * 86_400_000;
  const one = anEnvironment();
  const lines = await linesOf(async () => {
    const ended = await Promise.all(Array.from({ length: 3 }, () => through([one])));
    expect(ended.filter((each) => each === "done")).toHaveLength(2);
  });
  expect(lines).toMatchObject([begunAnew()]);
});

function begunAnew() {
  const id = `limit#${key}#rate`;
  return { code: "LIMIT_BEGUN_ANEW", level: "ERROR", limit: key, id, attributes: "nextUs" };
}

it.each<AttributeValue>([
  { S: "x" },
  { N: "-5" },
  { N: "1e125" },
  { N: "9007199254740993" },
  { NULL: true },
  { L: [] },
])("a line whose item holds %o begins anew, and says so once", async (nextUs) => {
  const Item = { id: { S: `limit#${key}#rate` }, nextUs };
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName: table, Item }));
  const lines = await linesOf(async () => {
    expect(await through([anEnvironment()])).toBe("done");
    expect(await through([anEnvironment()])).toBe("done");
    expect(await through([anEnvironment()])).toMatchObject({ code: "RATE_LIMITED" });
  });
  expect(lines).toMatchObject([begunAnew()]);
});

it.each([null, "x", {}])("takes a token where the note of the last receive keeps %o", async (kept) => {
  const named =
    kept instanceof Object ? { [`limit#${key}#rate@10000000`]: "x", [`limit#${key}#rate`]: null } : kept;
  expect(await through([anEnvironment()], { past: { kept: named as never } })).toBe("done");
});

it("G11: sells no token further ahead than an hour, and an hour more for each wait", async () => {
  const one = anEnvironment({ perSecond: 0.001, burst: 1 });
  const ended = await Promise.all(Array.from({ length: 6 }, () => through([one])));
  const waiting = ended.filter((each) => each !== "done") as RetryLater[];
  const isSoldOut = ({ kept }: RetryLater) => Object.keys(kept ?? {}).length === 0;
  const soldOut = waiting.filter(isSoldOut);
  expect(waiting).toHaveLength(5); // 1,000, 2,000 and 3,000 seconds, and no more
  expect(soldOut).toHaveLength(2);
  expect(soldOut[0]).toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: 3_600, waited: true });
  expect(await through([anEnvironment({ perSecond: 0.001, burst: 1 })])).toMatchObject({ kept: {} });
  const patient = (await through([one], { past: { waits: 1 } })) as RetryLater;
  expect(Object.keys(patient.kept ?? {})).toEqual([`limit#${key}#rate@1000000000`]);
});

it("G11: of a batch as many get a token as it is near enough for", async () => {
  const one = anEnvironment({ perSecond: 0.001, burst: 1 });
  for (const _ of [1, 2]) await through([one]);
  const batch = (await Promise.all([1, 2, 3].map(() => through([one])))) as RetryLater[];
  expect(batch.map(({ kept }) => Object.keys(kept ?? {}).length).sort()).toEqual([0, 1, 1]); // 2,000 and 3,000 seconds
});

it.each([
  [{ perSecond: 1, burst: 1 }, ["done", 1, 2, 3]],
  [{ perSecond: 2, burst: 1 }, ["done", 1, 1, 1, 2, 2]], // 0.45 seconds before its token, to wait in the function
  [{ perSecond: 2, burst: 2 }, ["done", "done", 1, 1, 2, 2]],
  [{ perSecond: 1, burst: 2 }, ["done", "done", 2, 3, 4]], // in the middle of two seconds
  [{ perSecond: 1, burst: 3 }, ["done", "done", "done", 2, 3]],
  [{ perSecond: 0.5, burst: 1 }, ["done", 3, 5]],
  [{ perSecond: 3 }, ["done", "done", "done", 1, 1]],
  [{ perSecond: 4, burst: 5 }, [...Array(5).fill("done"), 1, 1, 1, 1, 1, 2]],
] as const)("G13: with %o messages come back when their tokens may be used", async (options, expected) => {
  const nowMs = Date.now() + aheadMs;
  setClock(() => nowMs);
  const one = rate({ key, table, client, ...options });
  const ended = [];
  for (const _ of expected) ended.push(await through([one], { deadlineMs: nowMs + 600 }));
  expect(ended.map((each) => (each === "done" ? each : (each as RetryLater).retryAfterSeconds))).toEqual(
    expected,
  );
});

it("G13: after a pause the oldest tokens of the burst are not sold: on their way they would become too old", async () => {
  const nowMs = Date.now() + aheadMs;
  setClock(() => nowMs);
  for (const [burst, passing] of [
    [100, 91],
    [10, 6],
  ] as const) {
    const per = () => String(burst);
    const one = anEnvironment({ perSecond: 100, burst, per });
    const messages = Array.from({ length: burst }, () => through([one], { deadlineMs: nowMs }));
    expect((await Promise.all(messages)).filter((each) => each === "done")).toHaveLength(passing);
  }
});

it("G13: no token is lost to a timer that fires a moment early", async () => {
  clockRuns();
  const one = anEnvironment({ perSecond: 60, burst: 180 }); // a busy machine may be three seconds late
  const ended = await Promise.all(Array.from({ length: 215 }, () => through([one])));
  expect(new Set(ended)).toEqual(new Set(["done"]));
  expect(requests).toHaveLength(2); // the first finds no line
});

it("G13: a token is too late from the end of its burst on", async () => {
  let nowMs = Date.now() + aheadMs;
  setClock(() => nowMs);
  const one = anEnvironment();
  for (const _ of [1, 2]) await through([one]);
  const [third, fourth] = [await through([one]), await through([one])];
  nowMs += 10_000 + 19_999;
  expect(await through([one], { past: nextPast(third) })).toBe("done");
  nowMs += 1 + 10_000;
  const late = (await through([one], { past: nextPast(fourth) })) as "done" | RetryLater;
  expect(requests.length).toBeGreaterThan(5); // it asked for another
  expect(late).toBe("done");
});

it("of an idle line it asks once", async () => {
  const one = anEnvironment();
  await through([one]);
  aheadMs += 1_000_000;
  requests = [];
  await through([one]);
  expect(requests).toEqual(["UpdateItemCommand"]);
});

it("G6: a message whose tokens all come too late waits", async () => {
  const one = anEnvironment();
  onRequest = () => {
    aheadMs += 60_000;
  };
  expect(await through([one])).toMatchObject({ code: "CONTENDED", waited: true });
  expect(requests).toHaveLength(5); // four tokens; the first finds no line
});

it("G6: a message waits when others change the line each time that it asks", async () => {
  const one = anEnvironment();
  onRequest = async ({ ConditionExpression = "", Key }) => {
    const nextUs = ConditionExpression.includes("BETWEEN") ? 0 : (Date.now() + aheadMs) * 1_000;
    const Item = { ...Key, nextUs: { N: String(nextUs) } };
    await engines.clients.dynamodb.send(new PutItemCommand({ TableName: table, Item }));
  };
  expect(await through([one])).toMatchObject({ code: "CONTENDED", waited: true });
  expect(requests).toHaveLength(5);
});

it("counts who waits, and how far ahead the tokens are sold", async () => {
  const nowMs = Date.now() + aheadMs;
  setClock(() => nowMs);
  const one = anEnvironment({ perSecond: 0.001, burst: 1 });
  const counts = async () => Object.fromEntries(await countsOf(() => through([one])));
  expect(await counts()).toEqual({});
  expect(await counts()).toEqual({ RateLimited: 1, RateAheadSeconds: 1_000 });
  for (const _ of [2_000, 3_000]) await through([one]);
  expect(await counts()).toEqual({ RateLimited: 1, RateAheadSeconds: 3_600 });
});

it("takes requests, which come by no queue, and receives without a past", async () => {
  const one = anEnvironment();
  expect(await through([one], { isRequest: true })).toBe("done");
  const { past: _, ...sqsMessage } = aReceive();
  expect(await through([one], { sqsMessage })).toBe("done");
  const waiting = await through([one], { isRequest: true });
  expect(waiting).toMatchObject({
    code: "RATE_LIMITED",
    kept: { [`limit#${key}#rate@10000000`]: expect.any(Number) },
  });
});

it("a message whose token is due in less than a second waits in the function", async () => {
  clockRuns();
  const strict = anEnvironment({ perSecond: 1.6, burst: 1, per: () => "strict" });
  const ends = await Promise.all([1, 2, 3].map(() => through([strict]))); // the last one for 1.25 seconds
  expect(ends).toEqual(["done", "done", "done"]);
  const one = anEnvironment({ perSecond: 4, burst: 1 });
  const ended = await Promise.all([1, 2, 3].map(() => through([one])));
  expect(ended).toEqual(["done", "done", "done"]);
  const timers = vi.spyOn(globalThis, "setTimeout");
  onTestFinished(() => timers.mockRestore());
  const late = await through([one, anEnvironment({ perSecond: 4, burst: 1 })], {
    deadlineMs: Date.now() + aheadMs + 400,
  });
  expect(late).toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: 1 });
  const waits = timers.mock.calls.filter(([, ms = 0]) => ms < 1_000); // the SDK's own timers are longer
  expect(waits).toEqual([]);
});

it("G6: when the table does not answer the message waits, and nobody passes", async () => {
  const gone = anEnvironment({ table: "no-table" });
  expect(await through([gone])).toMatchObject({ code: "RATE_UNAVAILABLE", waited: true });
});

it.each<[Partial<RateOptions>, RegExp]>([
  [{ perSecond: 0 }, /perSecond must be a number from 0.001 to 100000, got 0/],
  [{ perSecond: 100_001 }, /perSecond must be a number from 0.001 to 100000, got 100001/],
  [{ burst: 0 }, /burst must be a whole number from 1 to 1000000, got 0/],
  [{ key: "Carrier" }, /^rate: key must be a name such as "carrier"/],
  [{ key: "unheard-of" }, /a limit that the stack grants \(other,.*limits: \["unheard-of"\]/],
])("refuses %o", (options, message) => {
  expect(() => anEnvironment(options)).toThrow(message);
  expect(anEnvironment({ perSecond: 100_000 })).toHaveProperty("before");
});

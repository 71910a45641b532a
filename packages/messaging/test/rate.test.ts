import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { aReceive, nextPast, through } from "@essentially-once/testing/internal/support/limited";
import { localEngines } from "@essentially-once/testing/local-engines";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park, type RetryLater } from "../src/core/outcome.ts";
import { type RateOptions, rate } from "../src/limit/rate.ts";

const engines = localEngines();
let table: string;
let key: string;
let requests: string[];
let aheadMs = 0;
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
      (args) => {
        requests.push(commandName);
        return next(args);
      },
    { step: "initialize" },
  );
});
beforeEach(() => {
  key = `k${newId()}`;
  process.env.LIMITS = `other,${key}`;
  requests = [];
  setClock(() => Date.now() + aheadMs);
});
afterEach(() => {
  setClock(Date.now)();
});

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

it.each([[() => ""], [() => "x".repeat(513)], [() => JSON.parse("{")], [() => 7 as unknown as string]])(
  "parks a message without a tenant (%#)",
  async (per) => {
    const parked = await through([anEnvironment({ per })]);
    expect(parked).toBeInstanceOf(Park);
    expect(parked).toMatchObject({ code: "RATE_KEY_INVALID" });
  },
);

it("a message that one rate let pass is not asked again while it waits for the next", async () => {
  const perTenant = anEnvironment({ burst: 1, per: ({ partitionkey }) => partitionkey });
  const all = anEnvironment({ burst: 1 });
  expect(await through([perTenant, all], { key: "a" })).toBe("done");
  const waiting = await through([perTenant, all], { key: "b" });
  expect(waiting).toMatchObject({ code: "RATE_LIMITED" });
  aheadMs += 10_000;
  expect(await through([perTenant, all], { key: "b", past: nextPast(waiting) })).toBe("done");
});

it("G11: sells no token further ahead than an hour, and an hour more for each wait", async () => {
  const one = anEnvironment({ perSecond: 0.001, burst: 1 });
  const ended = await Promise.all(Array.from({ length: 6 }, () => through([one])));
  const waiting = ended.filter((each) => each !== "done") as RetryLater[];
  const soldOut = waiting.filter(({ kept }) => Object.keys(kept ?? {}).length === 0);
  expect(waiting).toHaveLength(5); // 1,000, 2,000 and 3,000 seconds, and no more
  expect(soldOut).toHaveLength(2);
  expect(soldOut[0]).toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: 3_600, waited: true });
  expect(await through([one], { past: { waits: 1 } })).toMatchObject({ kept: expect.anything() });
});

it("a message whose token is due in less than a second waits in the function", async () => {
  const one = anEnvironment({ perSecond: 4, burst: 1 });
  const ended = await Promise.all([1, 2, 3].map(() => through([one])));
  expect(ended).toEqual(["done", "done", "done"]);
  const begun = Date.now();
  const late = await through([one, anEnvironment({ perSecond: 4, burst: 1 })], {
    deadlineMs: Date.now() + 400,
  });
  expect(late).toMatchObject({ code: "RATE_LIMITED", retryAfterSeconds: 1 });
  expect(Date.now() - begun).toBeLessThan(300);
});

it("G6: when the table does not answer the message waits, and nobody passes", async () => {
  const gone = anEnvironment({ table: "no-table" });
  expect(await through([gone])).toMatchObject({ code: "RATE_UNAVAILABLE", waited: true });
});

it.each<[Partial<RateOptions>, RegExp]>([
  [{ perSecond: 0 }, /perSecond must be a number from 0.001 to 100000, got 0/],
  [{ burst: 0 }, /burst must be a whole number from 1 to 1000000, got 0/],
  [{ key: "Carrier" }, /key must be a name such as "carrier"/],
  [{ key: "unheard-of" }, /a limit that the stack grants \(other,.*limits: \["unheard-of"\]/],
])("refuses %o", (options, message) => {
  expect(() => anEnvironment(options)).toThrow(message);
});

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { through } from "@essentially-once/testing/internal/support/limited";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { localEngines } from "@essentially-once/testing/local-engines";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { type BreakerOptions, breaker } from "../src/limit/breaker.ts";

const engines = localEngines();
let table: string;
let key: string;
let requests: string[];
let aheadMs = 0;
let client: DynamoDBClient;

beforeAll(async () => {
  table = (await engines.aStreamedTable()).tableName;
  client = new DynamoDBClient({
    endpoint: engines.endpoints.dynamodb,
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
  process.env.LIMITS = key;
  requests = [];
  setClock(() => Date.now() + aheadMs);
});
afterEach(() => {
  setClock(Date.now)();
});

function anEnvironment(options: Partial<BreakerOptions> = {}) {
  return breaker({ key, table, client, ...options });
}

const down = async () => {
  throw new RetryLater("CARRIER_UNAVAILABLE");
};
const poisoned = async () => {
  throw new TypeError("a fault of the handler");
};

/** Opens it. */
async function failing(environment: ReturnType<typeof anEnvironment>, times = 5) {
  const ended = [];
  for (let nth = 1; nth <= times; nth++)
    ended.push(await through([environment], { id: `m${nth}`, work: down }));
  return ended;
}

it("G13: opens for all environments when five messages failed, and none of them used up an attempt", async () => {
  const [one, two] = [anEnvironment(), anEnvironment()];
  const lines = await linesOf(async () => {
    for (const ended of await failing(one))
      expect(ended).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: true });
  });
  expect(lines).toMatchObject([{ code: "BREAKER_OPENED", limit: key, openings: 1, openSeconds: 30 }]);
  const met = (await through([two])) as RetryLater;
  expect(met).toMatchObject({ code: "BREAKER_OPEN", waited: true });
  expect(met.retryAfterSeconds).toBeGreaterThanOrEqual(29);
  expect(met.retryAfterSeconds).toBeLessThanOrEqual(60);
});

it("G13: lets so many probes through, all others wait, and the first that succeeds closes it", async () => {
  const [one, two] = [anEnvironment(), anEnvironment()];
  await failing(one);
  aheadMs += 31_000;
  const held = Promise.withResolvers<void>();
  const probes = [1, 2, 3].map((nth) =>
    through([nth % 2 ? one : two], { id: `p${nth}`, work: () => held.promise }),
  );
  await expect.poll(() => requests.filter((one) => one === "UpdateItemCommand").length).toBe(9);
  expect(await through([one], { id: "p4" })).toMatchObject({ code: "BREAKER_OPEN", waited: true });
  held.resolve();
  expect(await Promise.all(probes)).toEqual(["done", "done", "done"]);
  aheadMs += 2_000;
  expect(await through([one], { id: "p5" })).toBe("done");
  expect(await through([two], { id: "p6" })).toBe("done");
});

it("G13: when all probes fail it is open again, for twice as long, and no probe used up an attempt", async () => {
  const one = anEnvironment({ openSecondsMax: 50 });
  await failing(one);
  for (const openSeconds of [50, 50]) {
    aheadMs += 61_000;
    const lines = await linesOf(async () => {
      for (const nth of [1, 2, 3])
        expect(await through([one], { id: `p${nth}`, work: down })).toMatchObject({ waited: true });
    });
    expect(lines).toMatchObject([{ code: "BREAKER_OPENED", openSeconds }]);
  }
});

it("probes whose processes died are replaced after their deadline", async () => {
  const one = anEnvironment({ probes: 1 });
  await failing(one);
  aheadMs += 31_000;
  const deadlineMs = Date.now() + aheadMs + 5_000;
  void through([one], { id: "dies", work: () => new Promise(() => undefined), deadlineMs });
  await expect.poll(() => requests.filter((each) => each === "UpdateItemCommand").length).toBe(7);
  expect(await through([one], { id: "waits" })).toMatchObject({ code: "BREAKER_OPEN" });
  aheadMs += 8_000;
  expect(await through([one], { id: "waits" })).toBe("done");
});

it("G5: one bad message does not open it, and among good ones its failures are attempts", async () => {
  const one = anEnvironment();
  expect(await through([one], { id: "bad", work: down })).toMatchObject({ waited: true }); // it might be down
  for (let nth = 1; nth <= 8; nth++) {
    expect(await through([one], { id: `good${nth}` })).toBe("done");
    expect(await through([one], { id: "bad", work: down })).toMatchObject({
      waited: false,
    });
  }
});

it("G5: refusals, waits and faults of the code say nothing of the other side", async () => {
  const one = anEnvironment({ failures: 2 });
  const errors = [
    new Park("ADDRESS_REFUSED", "an order"),
    new RetryLater("LEASE_HELD", 5, { waited: true }),
    new RetryLater("NOT_AWAITED"),
    new TypeError("a fault of the handler"),
  ];
  for (const [nth, error] of errors.entries()) {
    const ended = await through([one], {
      id: `m${nth}`,
      work: async () => {
        throw error;
      },
    });
    expect(ended).toBe(error);
  }
  expect(await through([one])).toBe("done");
  const strict = anEnvironment({ failures: 2, isFailure: (error) => error instanceof TypeError });
  for (const id of ["a", "b"]) await through([strict], { id, work: poisoned });
  expect(await through([strict])).toMatchObject({ code: "BREAKER_OPEN" });
});

it("a success forgets the failures before it", async () => {
  const one = anEnvironment();
  await failing(one, 4);
  expect(await through([one], { id: "good" })).toBe("done");
  aheadMs += 2_001;
  await failing(anEnvironment(), 4);
  expect(await through([anEnvironment()], { id: "good too" })).toBe("done");
});

it("while all is well, an environment reads its state every two seconds and writes nothing", async () => {
  const one = anEnvironment();
  for (let nth = 0; nth < 20; nth++) {
    expect(await through([one])).toBe("done");
    aheadMs += 200;
  }
  expect(requests.every((each) => each === "GetItemCommand")).toBe(true);
  expect(requests.length).toBeLessThanOrEqual(3);
});

it("when its table does not answer, messages pass, and their failures are what they were", async () => {
  const gone = anEnvironment({ table: "no-table" });
  const lines = await linesOf(async () => {
    expect(await through([gone])).toBe("done");
    const failed = await through([gone], { work: down });
    expect(failed).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: false });
  });
  expect(lines.map(({ code }) => code)).toContain("BREAKER_UNAVAILABLE");
});

it.each<[Partial<BreakerOptions>, RegExp]>([
  [{ failures: 1 }, /failures must be a whole number from 2 to 100, got 1/],
  [{ probes: 0 }, /probes must be a whole number from 1 to 100, got 0/],
  [{ openSeconds: 40, openSecondsMax: 30 }, /openSecondsMax must be a whole number from 40 to 3600, got 30/],
])("refuses %o", (options, message) => {
  expect(() => anEnvironment(options)).toThrow(message);
});

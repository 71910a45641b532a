import { globSync, readFileSync } from "node:fs";
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { countsOf, through } from "@essentially-once/testing/internal/support/limited";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { localEngines } from "@essentially-once/testing/local-engines";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { type BreakerOptions, breaker } from "../src/limit/breaker.ts";

const engines = localEngines();
let table: string;
let key: string;
let requests: string[];
let aheadMs = 0;
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();
let isRefusing = false;
let beforeAnswer: (() => Promise<void>) | undefined;
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
      async (args) => {
        requests.push(commandName);
        if (isRefusing && commandName === "UpdateItemCommand") throw new TypeError("no answer");
        const held = beforeAnswer?.();
        const answer = await next(args);
        await held;
        return answer;
      },
    { step: "initialize" },
  );
});
beforeEach(() => {
  key = `k${newId()}`;
  process.env.LIMITS = key;
  requests = [];
  setClock(() => startMs + aheadMs);
});
afterEach(() => {
  isRefusing = false;
  beforeAnswer = undefined;
  vi.restoreAllMocks();
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
async function failing(environment: ReturnType<typeof anEnvironment>, times = 5, name = "m") {
  const ended = [];
  for (let nth = 1; nth <= times; nth++)
    ended.push(await through([environment], { id: `${name}${nth}`, work: down }));
  return ended;
}

it("G13: opens for all environments when five messages failed, and none of them used up an attempt", async () => {
  const [one, two] = [anEnvironment(), anEnvironment()];
  const lines = await linesOf(async () => {
    for (const ended of await failing(one))
      expect(ended).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: true });
  });
  const opened = { code: "BREAKER_OPENED", level: "WARN", limit: key, openings: 1, openSeconds: 30 };
  expect(lines).toMatchObject([{ ...opened, errorCode: "CARRIER_UNAVAILABLE" }]);
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
  let begun = 0;
  const work = () => {
    begun++;
    return held.promise;
  };
  const probes = [1, 2, 3].map((nth) => through([nth % 2 ? one : two], { id: `p${nth}`, work }));
  await expect.poll(() => begun).toBe(3);
  const three = anEnvironment();
  vi.spyOn(Math, "random").mockReturnValue(0);
  const waiting = { code: "BREAKER_OPEN", waited: true, retryAfterSeconds: 5 };
  expect(await through([three], { id: "p4" })).toMatchObject(waiting);
  requests = [];
  for (const _ of [1, 2]) {
    aheadMs += 1_500; // it knows the state from the last time
    expect(await through([three], { id: "p4" })).toMatchObject(waiting);
  }
  expect(requests).toEqual(["UpdateItemCommand", "UpdateItemCommand"]);
  const lines = await linesOf(async () => {
    held.resolve();
    expect(await Promise.all(probes)).toEqual(["done", "done", "done"]);
    expect(await through([three], { id: "p4" })).toBe("done"); // it did not know yet that it is closed
  });
  expect(lines).toMatchObject([{ code: "BREAKER_CLOSED", level: "INFO", limit: key, openedSeconds: 34 }]);
  aheadMs += 2_000;
  expect(await through([one], { id: "p5" })).toBe("done");
  expect(await through([two], { id: "p6" })).toBe("done");
});

it("G13: when all probes fail it is open again, for twice as long, and no probe used up an attempt", async () => {
  const one = anEnvironment({ openSecondsMax: 50 });
  await failing(one);
  for (const openSeconds of [50, 50]) {
    aheadMs += 61_000;
    const fails = (id: string) =>
      linesOf(async () => expect(await through([one], { id, work: down })).toMatchObject({ waited: true }));
    expect([await fails("p1"), await fails("p2")]).toEqual([[], []]);
    expect(await fails("p3")).toMatchObject([{ code: "BREAKER_OPENED", openSeconds }]);
  }
});

it("G13: who tries to be a probe when all of them have failed waits as long as it is open", async () => {
  const [one, two] = [anEnvironment({ probes: 1 }), anEnvironment({ probes: 1 })];
  await failing(one);
  aheadMs += 31_000;
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const work = async () => {
    begun.resolve();
    await held.promise;
    await down();
  };
  const probe = through([one], { id: "p1", work });
  await begun.promise;
  expect(await through([two], { id: "p2" })).toMatchObject({ code: "BREAKER_OPEN" });
  held.resolve();
  await probe;
  const { retryAfterSeconds = 0 } = (await through([two], { id: "p2" })) as RetryLater;
  expect(retryAfterSeconds).toBeGreaterThanOrEqual(60);
});

it("G13: what began before it opened, and ends later, neither opens it a second time nor closes it", async () => {
  const environments = [anEnvironment(), anEnvironment()];
  const held = Promise.withResolvers<void>();
  const late = Array.from({ length: 5 }, (_, nth) =>
    through([environments[nth % 2] as never], { id: `late${nth}`, work: () => held.promise.then(down) }),
  );
  const succeeding = through([environments[0] as never], { work: () => Promise.allSettled(late) });
  const lines = await linesOf(async () => {
    const five = (nth: number) => failing(environments[nth] as never);
    await Promise.all([0, 1].map(five)); // both see the fifth failure
    held.resolve();
    await Promise.all(late);
    expect(await succeeding).toBe("done");
  });
  expect(lines.map(({ code }) => code)).toEqual(["BREAKER_OPENED"]);
  expect(await through([environments[0] as never])).toMatchObject({ code: "BREAKER_OPEN" });
});

/** So many messages at work, which fail when they are told to. */
async function atWork(environment: ReturnType<typeof anEnvironment>, times: number) {
  const held = Promise.withResolvers<void>();
  let begun = 0;
  const work = async () => {
    begun++;
    await held.promise;
    await down();
  };
  const runs = Array.from({ length: times }, (_, nth) => through([environment], { id: `late${nth}`, work }));
  await expect.poll(() => begun).toBe(times);
  return async () => {
    held.resolve();
    return Promise.all(runs);
  };
}

/** A probe at work, which succeeds when it is told to. */
async function aProbe(environment: ReturnType<typeof anEnvironment>, id: string) {
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const work = () => {
    begun.resolve();
    return held.promise;
  };
  const run = through([environment], { id, work });
  await Promise.race([begun.promise, run]);
  return async () => {
    held.resolve();
    return run;
  };
}

it.each([0, 31_000])(
  "G13: what began before it opened, and fails %d ms later, is no failed probe",
  async (laterMs) => {
    const one = anEnvironment();
    const late = await atWork(one, 5);
    await failing(one);
    aheadMs += laterMs;
    for (const ended of await late()) expect(ended).toMatchObject({ waited: true });
    aheadMs += 31_000 - laterMs;
    const probes = [await aProbe(one, "p1"), await aProbe(one, "p2")];
    const lines = await linesOf(async () => {
      expect(await through([one], { id: "bad", work: down })).toMatchObject({ waited: true });
      for (const succeed of probes) expect(await succeed()).toBe("done");
    });
    expect(lines.map(({ code }) => code)).toEqual(["BREAKER_CLOSED"]);
  },
);

it("G13: what began before it opened does not open it anew once it is closed", async () => {
  const one = anEnvironment();
  const late = await atWork(one, 5);
  await failing(one);
  aheadMs += 31_000;
  expect(await through([one], { id: "probe" })).toBe("done");
  const lines = await linesOf(async () => {
    for (const ended of await late()) expect(ended).toMatchObject({ waited: true });
  });
  expect(lines).toEqual([]);
  const again = await linesOf(() => failing(one)); // those that began since then do
  expect(again.map(({ code }) => code)).toEqual(["BREAKER_OPENED"]);
});

it("G13: a probe of an earlier opening closes no later one", async () => {
  const [one, two] = [anEnvironment(), anEnvironment()];
  await failing(one);
  aheadMs += 31_000;
  const succeed = await aProbe(one, "slow");
  expect(await through([two], { id: "probe" })).toBe("done");
  await failing(two, 6, "again"); // the first one is among successes
  expect(await succeed()).toBe("done");
  expect(await through([anEnvironment()])).toMatchObject({ code: "BREAKER_OPEN" });
});

it("G13: where a probe succeeds too late to close it, nobody begins either", async () => {
  const [one, two] = [anEnvironment(), anEnvironment({ probes: 3, failures: 2 })];
  await failing(one);
  aheadMs += 31_000;
  const succeed = await aProbe(one, "p1");
  const lines = await linesOf(() => failing(two, 2, "probe"));
  expect(lines.map(({ code }) => code)).toEqual(["BREAKER_OPENED"]);
  expect(await succeed()).toBe("done");
  expect(await through([one])).toMatchObject({ code: "BREAKER_OPEN" });
});

it("G13: an older answer that comes later does not hide that it has opened", async () => {
  const one = anEnvironment();
  const late = await atWork(one, 5);
  aheadMs += 2_001;
  const read = Promise.withResolvers<void>();
  beforeAnswer = () => read.promise;
  const reading = through([one], { id: "reads" });
  await expect.poll(() => requests.at(-1)).toBe("GetItemCommand");
  await new Promise((answered) => setTimeout(answered, 50));
  beforeAnswer = undefined;
  await late();
  read.resolve();
  expect(await reading).toMatchObject({ code: "BREAKER_OPEN" });
  expect(await through([one])).toMatchObject({ code: "BREAKER_OPEN" });
});

it("a message that failed waits as long as it would have, and as long as it is open", async () => {
  const ended = async (seconds: number | undefined, lastly?: Park) => {
    key = process.env.LIMITS = `k${newId()}`;
    const one = anEnvironment({ failures: 2 });
    const work = async () => {
      throw new RetryLater("CARRIER_UNAVAILABLE", seconds, lastly && { lastly });
    };
    const first = (await through([one], { id: "m1", work })) as RetryLater;
    return [first, (await through([one], { id: "m2", work })) as RetryLater] as const;
  };
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  setClock(() => 1_000_000);
  const waits = async (seconds?: number) => (await ended(seconds)).map((one) => one.retryAfterSeconds);
  expect(await waits()).toEqual([undefined, 45]); // 30 seconds, and half of them once more
  expect(await waits(7)).toEqual([7, 45]);
  expect(await waits(100)).toEqual([100, 100]);
  const lastly = new Park("ADDRESS_REFUSED", "an order");
  const [first, second] = await ended(7, lastly);
  expect([first.lastly, second.lastly]).toEqual([lastly, lastly]);
  expect(second.cause).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: false });
});

it("while it is open nobody asks, and after that to the millisecond the first is a probe", async () => {
  let nowMs = Date.now();
  setClock(() => nowMs);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const [one, two] = [anEnvironment({ probes: 1 }), anEnvironment()];
  expect(await countsOf(() => failing(one))).toEqual(new Map([["BreakerOpenSeconds", 0]]));
  requests = [];
  const counts = await countsOf(async () => {
    for (let seconds = 10; seconds < 30; seconds += 10) {
      nowMs += 10_000;
      const met = await through([one]);
      expect(met).toMatchObject({ code: "BREAKER_OPEN", retryAfterSeconds: 45 - seconds });
    }
  });
  expect(counts).toEqual(new Map([["BreakerOpenSeconds", 20]]));
  expect(requests).toEqual([]);
  nowMs += 10_000;
  expect(await through([one], { work: down })).toMatchObject({ retryAfterSeconds: 90, waited: true });
  expect(requests[0]).toBe("GetItemCommand");
  nowMs += 60_000;
  expect(await through([two])).toBe("done");
});

it("G13: when nobody answers whether it may be a probe, a message waits", async () => {
  const one = anEnvironment();
  await failing(one);
  aheadMs += 31_000;
  isRefusing = true;
  const met = await through([one]);
  expect(met).toMatchObject({ code: "BREAKER_OPEN", retryAfterSeconds: 5, waited: true });
  expect(met).toHaveProperty("cause.message", "no answer");
});

it("a probe that succeeds is done, also when the breaker cannot be closed", async () => {
  const one = anEnvironment();
  await failing(one);
  aheadMs += 31_000;
  const work = async () => {
    isRefusing = true;
  };
  const lines = await linesOf(async () => expect(await through([one], { work })).toBe("done"));
  expect(lines).toMatchObject([{ code: "BREAKER_UNAVAILABLE", limit: key, errorCode: "TypeError" }]);
});

it("probes whose processes died are replaced after their deadline", async () => {
  const one = anEnvironment({ probes: 1 });
  await failing(one);
  aheadMs += 31_000;
  const dying = (id: string) =>
    new Promise<void>((begun) => {
      const work = () => new Promise(() => begun());
      void through([one], { id, work, deadlineMs: startMs + aheadMs + 5_000 });
    });
  await dying("dies");
  expect(await through([one], { id: "waits" })).toMatchObject({ code: "BREAKER_OPEN" });
  aheadMs += 7_000; // two seconds after its deadline: it may still answer
  expect(await through([one], { id: "waits" })).toMatchObject({ code: "BREAKER_OPEN" });
  aheadMs += 1;
  await dying("dies too");
  expect(await through([one], { id: "waits" })).toMatchObject({ code: "BREAKER_OPEN" });
  aheadMs += 7_001;
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
  const lines = await linesOf(async () => {
    for (const id of ["a", "b"]) await through([strict], { id, work: poisoned });
  });
  expect(lines).toMatchObject([{ code: "BREAKER_OPENED", errorCode: "TypeError" }]);
  expect(await through([strict])).toMatchObject({ code: "BREAKER_OPEN" });
  const before = { before: down }; // it never came here
  expect(await through([before, strict])).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: false });
});

it("one that a wrong clock has opened for too long lets its probes through", async () => {
  aheadMs += 3_600_000;
  await failing(anEnvironment());
  aheadMs -= 3_600_000;
  const one = anEnvironment();
  expect(await through([one], { id: "probe" })).toBe("done");
  expect(await through([one])).toBe("done");
});

it.each<[string, Record<string, AttributeValue>]>([
  ["failed", { failed: { L: [] } }],
  ["openings", { openings: { S: "x" } }],
  ["openings", { openings: { N: "0" } }],
  ["openings", { openings: { N: "-1" }, openedMs: { N: "1" } }],
  [
    "openUntilMs",
    { openings: { N: "1" }, openUntilMs: { N: "99999999999999999999" }, openMs: { N: "30000" } },
  ],
  ["openings, probes", { openings: { N: "1e125" }, probes: { NULL: true } }],
  ["openedMs", { openings: { N: "1" }, openedMs: { N: "0" } }],
  ["closedMs", { closedMs: { BOOL: true } }],
])(
  "one whose item holds unreadable %s (%#) begins anew, says so once, and opens as ever",
  async (attributes, held) => {
    const id = `limit#${key}#breaker`;
    await client.send(new PutItemCommand({ TableName: table, Item: { id: { S: id }, ...held } }));
    const lines = await linesOf(async () => {
      expect(await through([anEnvironment()])).toBe("done");
      await failing(anEnvironment());
      expect(await through([anEnvironment()])).toMatchObject({ code: "BREAKER_OPEN" });
    });
    const begunAnew = { code: "LIMIT_BEGUN_ANEW", level: "ERROR", limit: key, id, attributes };
    expect(lines).toMatchObject([begunAnew, { code: "BREAKER_OPENED" }]);
  },
);

it("a success forgets the failures before it", async () => {
  const one = anEnvironment();
  await failing(one, 4);
  const lines = await linesOf(async () => expect(await through([one], { id: "good" })).toBe("done"));
  expect(lines).toEqual([]); // it was closed
  requests = [];
  expect(await through([one], { id: "good" })).toBe("done");
  expect(requests).toEqual([]);
  aheadMs += 2_001;
  await failing(anEnvironment(), 4, "another");
  expect(await through([anEnvironment()], { id: "good too" })).toBe("done");
});

it("while all is well, an environment reads its state every two seconds and writes nothing", async () => {
  const one = anEnvironment();
  for (let nth = 0; nth <= 20; nth++) {
    expect(await through([one])).toBe("done");
    aheadMs += 200;
  }
  expect(requests.every((each) => each === "GetItemCommand")).toBe(true);
  expect(requests).toHaveLength(3); // at 0, 2.0 and 4.0 seconds
});

it("when its table does not answer, messages pass, and their failures are what they were", async () => {
  const gone = anEnvironment({ table: "no-table" });
  const lines = await linesOf(async () => {
    expect(await through([gone])).toBe("done");
    const failed = await through([gone], { work: down });
    expect(failed).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: false });
  });
  const unavailable = { code: "BREAKER_UNAVAILABLE", level: "WARN", limit: key };
  expect(lines).toMatchObject([{ ...unavailable, errorCode: "ResourceNotFoundException" }]);
  const failed = await linesOf(async () => {
    const [first] = await failing(anEnvironment({ table: "no-table" }), 1);
    expect(first).toMatchObject({ code: "CARRIER_UNAVAILABLE", waited: false });
  });
  expect(failed).toMatchObject([unavailable, unavailable]); // it is read, and told of the failure
});

it.each<[Partial<BreakerOptions>, RegExp]>([
  [{ failures: 1 }, /failures must be a whole number from 2 to 100, got 1/],
  [{ openSeconds: 0 }, /openSeconds must be a whole number from 1 to 3600, got 0/],
  [{ openSeconds: 3_601 }, /openSeconds must be a whole number from 1 to 3600, got 3601/],
  [{ openSeconds: 400, openSecondsMax: 399 }, /openSecondsMax must be a whole number from 400 to 3600/],
  [{ key: undefined as never }, /^breaker: key must be a name .* got undefined/],
  [{ key: "carrier!" }, /^breaker: key must be a name .* got "carrier!"/],
  [{ key: "Carrier" }, /^breaker: key must be a name such as "carrier"/],
  [{ probes: 0 }, /probes must be a whole number from 1 to 100, got 0/],
  [{ openSeconds: 40, openSecondsMax: 30 }, /openSecondsMax must be a whole number from 40 to 3600, got 30/],
])("refuses %o", (options, message) => {
  expect(() => anEnvironment(options)).toThrow(message);
});

/** Thrown where no breaker is around them: by the guards, by the evidence, and behind a lost race. */
const outside = ["KEY_UNKNOWN", "SEQUENCE_AHEAD", "CONDITION_FAILED"];

it("G6: what the kit itself throws as an attempt is never a failure of the other side", async () => {
  const codes = new Set<string>();
  for (const file of globSync("src/**/*.ts", { cwd: new URL("..", import.meta.url).pathname })) {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    for (const [, code = "", rest = ""] of text.matchAll(/new RetryLater\(\s*"([A-Z_]+)"([^;]*);/g))
      if (!rest.includes("waited: true")) codes.add(code);
  }
  expect(codes.size).toBeGreaterThan(5);
  for (const code of [...codes].filter((one) => !outside.includes(one))) {
    const environment = anEnvironment({ failures: 2 });
    for (const id of ["m1", "m2", "m3"]) {
      const work = async () => {
        throw new RetryLater(code);
      };
      expect(await through([environment], { id, work }), code).toMatchObject({ code, waited: false });
    }
  }
});

it("may be open for longer than at most unless given", () => {
  expect(anEnvironment({ openSeconds: 400 })).toHaveProperty("before");
});

it("is an item of the evidence table that the role may reach, and that expires a week after its last use", async () => {
  vi.stubEnv("EVIDENCE_TABLE", table);
  await failing(breaker({ key, client }), 1);
  const Key = { id: { S: `limit#${key}#breaker` } };
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key }));
  expect(Number(Item?.expiresAt?.N) - (Date.now() + aheadMs) / 1_000).toBeCloseTo(7 * 86_400, -2);
  vi.unstubAllEnvs();
});

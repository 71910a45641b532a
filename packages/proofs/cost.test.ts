// What a message costs, mode by mode: an added read or write fails here. The consumers are those of the bench, with
// all the middlewares of the sample's; the capacity units are what the engine reports, by AWS's rules.

import { type BenchEngines, startBenchEngines } from "@essentially-once/bench/engines";
import { type Figures, figuresOf, measure } from "@essentially-once/bench/measure";
import { workloads } from "@essentially-once/bench/workloads";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

let engines: BenchEngines;

beforeAll(async () => {
  engines = await startBenchEngines();
});
afterAll(() => engines.stop());

/** For a hundred messages in batches of ten: requests, write units, read units, and requests that were refused. */
type Cost = readonly [requests: number, writeUnits: number, readUnits: number, refused: number];

// Read as: a transaction of three items of up to 1 KB is 6 write units; ten units of work share one request.
const fresh: Record<string, Cost> = {
  "rows, alone": [100, 600, 0, 0],
  rows: [10, 600, 0, 0],
  "inline, by sequence": [100, 100, 0, 0],
  "inline, by ids": [100, 100, 0, 0],
  "at most once": [200, 700, 0, 0],
};

// The first batch finds the evidence when it commits; the later batches look it up, ten items in one read.
const duplicates: Record<string, Cost> = {
  "rows, alone": [19, 0, 90, 10],
  rows: [10, 0, 90, 1],
  "inline, by sequence": [10, 0, 100, 0],
  "inline, by ids": [10, 0, 100, 0],
  "at most once": [19, 0, 90, 10],
};

// Acquiring a lease and storing a result are separate requests, and real time decides which messages of a batch commit
// together. So the cost lies between one commit for ten and one for each. One more request a message would exceed it.
const underLease: Record<string, readonly [atLeast: Cost, atMost: Cost]> = {
  fresh: [
    [210, 800, 0, 0],
    [300, 800, 0, 0],
  ],
  "100 % duplicates": [
    [20, 0, 90, 11],
    [29, 0, 90, 20],
  ],
};

// A batch takes its ten tokens in one write of one unit; the first finds no line, and begins it with a second write. The state
// of the breaker is half a read unit every two seconds.
it("rows, with a breaker and a rate: a batch costs one write unit more, and a duplicate nothing", async () => {
  const [requests, writeUnits, readUnits, refused] = await costOf("rows, with a breaker and a rate", "fresh");
  expect([requests, writeUnits, refused]).toEqual([10 + 11 + 1, 600 + 10, 1]);
  expect(readUnits).toBeLessThanOrEqual(1);
  expect(await costOf("rows, with a breaker and a rate", "100 % redelivered")).toEqual([20, 0, 200, 0]);
});

// Ten evidence items in one read, and the records of ten last runs in another; at most once reads the taken messages.
const redelivered: Record<string, Cost> = Object.fromEntries(
  [...Object.keys(fresh), "effect under a lease"].map((name) => [name, [20, 0, 200, 0]]),
);

it.each(Object.entries(fresh))("%s: a message costs what it says, and no more", async (name, cost) => {
  expect(await costOf(name, "fresh")).toEqual(cost);
});

it.each(Object.entries(duplicates))(
  "%s: a producer's duplicate costs less than the message",
  async (name, cost) => {
    expect(await costOf(name, "100 % duplicates")).toEqual(cost);
  },
);

it.each(["fresh, batches of 33", "fresh, batches of 100"])(
  "rows, %s: a transaction has as many messages as it has room for",
  async (workload) => {
    const [requests] = await costOf("rows", workload);
    expect(requests).toBe(4);
  },
);

it.each(["rows, alone", "rows", "inline, by sequence", "inline, by ids"])(
  "%s: a duplicate of what the same process has done costs nothing",
  async (name) => {
    expect(await costOf(name, "100 % duplicates, same process")).toEqual([0, 0, 0, 0]);
  },
);

it.each(Object.entries(underLease))(
  "effect under a lease, %s: a message costs no more than three requests, and its units exactly",
  async (workload, [atLeast, atMost]) => {
    for (const [index, cost] of (await costOf("effect under a lease", workload)).entries()) {
      expect(cost).toBeGreaterThanOrEqual(atLeast[index] as number);
      expect(cost).toBeLessThanOrEqual(atMost[index] as number);
    }
  },
);

it.each(Object.entries(redelivered))(
  "%s: a processed batch that is redelivered is recognised without running the handler",
  async (name, cost) => {
    expect(await costOf(name, "100 % redelivered")).toEqual(cost);
  },
);

it.each(Object.keys(redelivered))("%s: needs no request of SQS while all goes well", async (name) => {
  expect((await figuresFor(name, "fresh")).sqsRequestsPerMessage).toBe(0);
  expect((await figuresFor(name, "100 % redelivered")).sqsRequestsPerMessage).toBe(0);
});

it("the relay sends ten messages a request and deletes twenty-five rows a request", async () => {
  vi.resetModules();
  const { measureRelay } = await import("@essentially-once/bench/relay");
  const [toQueue, , toProjection, idleSweep] = await measureRelay(engines, messages);
  expect(toQueue).toMatchObject({
    sqsRequestsPerMessage: 0.1,
    dynamodbRequestsPerMessage: 0.04,
    writeUnitsPerMessage: 1,
    readUnitsPerMessage: 0,
  });
  expect(toProjection).toMatchObject({ writeUnitsPerMessage: 4, sqsRequestsPerMessage: 0 });
  expect(idleSweep).toMatchObject({
    dynamodbRequestsPerMessage: 1,
    writeUnitsPerMessage: 0,
    readUnitsPerMessage: 1,
  });
});

const messages = 100;

async function costOf(contender: string, workload: string): Promise<Cost> {
  const figures = await figuresFor(contender, workload);
  const { requestsPerMessage, writeUnitsPerMessage, readUnitsPerMessage, refusedPerMessage, returned } =
    figures;
  expect(returned).toBe(0);
  const each = [requestsPerMessage, writeUnitsPerMessage, readUnitsPerMessage, refusedPerMessage];
  return each.map((perMessage) => Math.round(perMessage * messages)) as unknown as Cost;
}

async function figuresFor(name: string, workloadName: string): Promise<Figures> {
  vi.resetModules(); // what a process has seen before would make it cheaper than it is
  const { kit } = await import("@essentially-once/bench/kit");
  const contender = kit.find((one) => one.name === name);
  const workload = workloads.find((one) => one.name === workloadName);
  if (!contender || !workload) throw new Error(`the bench has no ${name} or no ${workloadName}`);
  return figuresOf([await measure(engines, { contender, workload, messages })]);
}

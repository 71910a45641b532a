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

// Read as: a transaction of three items of up to 1 KB is 6 write units; ten units of work share one request, and so do
// ten writes of one item each.
const fresh: Record<string, Cost> = {
  "rows, alone": [100, 600, 0, 0],
  rows: [10, 600, 0, 0],
  "rows, messages in the item": [10, 400, 0, 0],
  "inline, alone": [100, 100, 0, 0],
  "inline, by sequence": [10, 100, 0, 0],
  "inline, by ids": [10, 100, 0, 0],
  "at most once": [110, 700, 0, 0],
};

// The first batch finds the evidence when it commits; the later batches look it up, ten items in one read.
const duplicates: Record<string, Cost> = {
  "rows, alone": [19, 0, 90, 10],
  rows: [10, 0, 90, 1],
  "rows, messages in the item": [10, 0, 90, 1],
  "inline, alone": [10, 0, 100, 0],
  "inline, by sequence": [10, 0, 100, 0],
  "inline, by ids": [10, 0, 100, 0],
  "at most once": [11, 0, 100, 0],
};

// Ten leases are acquired in one request and ten results stored in another, while real time decides which messages of a batch
// commit together. So the cost lies between one commit for ten and one for each. One more request a message would exceed it.
const underLease: Record<string, readonly [atLeast: Cost, atMost: Cost]> = {
  fresh: [
    [30, 800, 0, 0],
    [110, 800, 0, 0],
  ],
  "100 % duplicates": [
    [12, 0, 100, 1],
    [21, 0, 100, 10],
  ],
};

// A batch takes its ten tokens in one write of one unit; the first finds no line, and begins it with a second write.
it("rows, with a rate: a batch costs one write unit more, and a duplicate nothing", async () => {
  const [requests, writeUnits, ...others] = await costOf("rows, with a rate", "fresh");
  const again = requests - (10 + 11); // on a busy machine a batch's tokens may grow too old for some of it
  expect(again).toBeGreaterThanOrEqual(0);
  expect(again).toBeLessThanOrEqual(10);
  expect([writeUnits, ...others]).toEqual([600 + 10 + again, 0, 1]);
  expect(await costOf("rows, with a rate", "100 % redelivered")).toEqual([20, 0, 200, 0]);
});

it("rows, with a breaker: half a read unit every two seconds, and a duplicate nothing", async () => {
  const [requests, writeUnits, readUnits, refused] = await costOf("rows, with a breaker", "fresh");
  expect([requests, writeUnits, refused]).toEqual([10 + 1, 600, 0]);
  expect(readUnits).toBeLessThanOrEqual(1);
  expect(await costOf("rows, with a breaker", "100 % redelivered")).toEqual([20, 0, 200, 0]);
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

it.each([
  ["fresh, batches of 33", 7], // 33 are 25 and 8, and the hundredth goes alone
  ["fresh, batches of 100", 4],
])("inline, %s: a request has as many statements as DynamoDB takes", async (workload, wanted) => {
  for (const name of ["inline, by sequence", "inline, by ids"]) {
    const [requests, writeUnits] = await costOf(name, workload);
    expect([requests, writeUnits]).toEqual([wanted, 100]);
  }
});

it.each(["inline, by sequence", "inline, by ids"])(
  "%s: an item that is there costs what a new one does",
  async (name) => {
    const { requestsPerMessage, writeUnitsPerMessage, readUnitsPerMessage } = await figuresFor(
      name,
      "fresh",
      600,
    );
    expect([requestsPerMessage, writeUnitsPerMessage, readUnitsPerMessage]).toEqual([0.1, 1, 0]); // three an account
  },
);

it.each(["rows, alone", "rows", "inline, by sequence", "inline, by ids"])(
  "%s: a duplicate of what the same process has done costs nothing",
  async (name) => {
    expect(await costOf(name, "100 % duplicates, same process")).toEqual([0, 0, 0, 0]);
  },
);

it.each(Object.entries(underLease))(
  "effect under a lease, %s: ten messages share requests, and cost their units exactly",
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

it("a scheduled message costs what it says, however many wait", async () => {
  vi.resetModules();
  const { measureSchedules } = await import("@essentially-once/bench/schedules");
  const [schedule, cancel, dispatch, idle] = await measureSchedules(engines, messages);
  // Evidence and item in one transaction, 2 units each, and 1 of the index; ten units of work in one; no read, no wake-up for one that is due in a day.
  expect(schedule).toMatchObject({
    dynamodbRequestsPerMessage: 0.1,
    sqsRequestsPerMessage: 0,
    writeUnitsPerMessage: 5,
    readUnitsPerMessage: 0,
  });
  // The same, and ten items in one read.
  expect(cancel).toMatchObject({
    dynamodbRequestsPerMessage: 0.2,
    sqsRequestsPerMessage: 0,
    writeUnitsPerMessage: 5,
    readUnitsPerMessage: 1,
  });
  // The item leaves, 3 units with the index, and its row comes, 2; a look at sixteen slots, twice, is shared by all that are due.
  expect(dispatch).toMatchObject({ sqsRequestsPerMessage: 0, writeUnitsPerMessage: 5 });
  expect(dispatch?.dynamodbRequestsPerMessage).toBeLessThanOrEqual(0.4);
  expect(idle).toMatchObject({
    dynamodbRequestsPerMessage: 32,
    writeUnitsPerMessage: 0,
    sqsRequestsPerMessage: 0,
  });
  expect(idle?.readUnitsPerMessage).toBeLessThanOrEqual(16);
});

it("a process costs the move of its item, and its time-out", async () => {
  vi.resetModules();
  const { measureProcesses } = await import("@essentially-once/bench/processes");
  const [begin, end, ignored] = await measureProcesses(engines, messages);
  // A read, and item and time-out in one transaction, 2 units each, and 1 of the index.
  expect(begin).toMatchObject({
    dynamodbRequestsPerMessage: 2,
    writeUnitsPerMessage: 5,
    readUnitsPerMessage: 1,
  });
  // The same, and the read of the time-out, which the messages of a batch that are read together share.
  expect(end).toMatchObject({ writeUnitsPerMessage: 5, readUnitsPerMessage: 2 });
  expect(end?.dynamodbRequestsPerMessage).toBeGreaterThanOrEqual(2.1);
  expect(end?.dynamodbRequestsPerMessage).toBeLessThanOrEqual(3);
  expect(ignored).toMatchObject({
    dynamodbRequestsPerMessage: 1,
    writeUnitsPerMessage: 0,
    readUnitsPerMessage: 1,
  });
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

async function figuresFor(name: string, workloadName: string, count = messages): Promise<Figures> {
  vi.resetModules(); // what a process has seen before would make it cheaper than it is
  const { kit } = await import("@essentially-once/bench/kit");
  const contender = kit.find((one) => one.name === name);
  const workload = workloads.find((one) => one.name === workloadName);
  if (!contender || !workload) throw new Error(`the bench has no ${name} or no ${workloadName}`);
  return figuresOf([await measure(engines, { contender, workload, messages: count })]);
}

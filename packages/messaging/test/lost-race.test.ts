import { describe, expect, it, onTestFinished, vi } from "vitest";
import { repeatInTurn } from "../src/commit/lost-race.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { RetryLater, StateMoved } from "../src/core/outcome.ts";

const first = new StateMoved("an item");
const inSeconds = (seconds: number) => Date.now() + seconds * 1_000;

it("runs again until it wins", async () => {
  let runs = 0;
  const run = async () => {
    if (++runs < 3) throw first;
    return runs;
  };
  expect(await repeatInTurn(run, { first, item: newId(), deadlineMs: inSeconds(5) })).toBe(3);
});

it("G5: of one process one message at a time runs for an item", async () => {
  let running = 0;
  let most = 0;
  const item = newId();
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  };
  const options = { first, item, deadlineMs: inSeconds(5) };
  await Promise.all([repeatInTurn(run, options), repeatInTurn(run, options), repeatInTurn(run, options)]);
  expect(most).toBe(1);
});

it.each([
  [first, "CONTENDED"],
  [new StateMoved("an item", "TransactionConflict"), "TransactionConflict"],
])("G6, G11: losing every race is a wait, and ends after half of its time: %s", async (lost, code) => {
  const begunMs = Date.now();
  let nowMs = begunMs;
  onTestFinished(setClock(() => nowMs));
  const run = async () => {
    nowMs += 30;
    throw lost;
  };
  const end = repeatInTurn(run, { first: lost, item: newId(), deadlineMs: begunMs + 1_000 });
  await expect(end).rejects.toMatchObject({ code, waited: true });
  expect(nowMs - begunMs).toBeGreaterThan(400);
  expect(nowMs - begunMs).toBeLessThan(600);
});

describe("an item that did not change", () => {
  const lostTo = (seen: unknown, item = "orders an-id") => new StateMoved(item, undefined, [seen]);
  const times = (first: StateMoved) => ({ first, item: newId(), deadlineMs: inSeconds(60) });

  it.each([{ status: { S: "shipped" } }, null])(
    "G6: is no race: the run is an attempt, and the last one names the table and no value: %o",
    async (seen) => {
      let runs = 0;
      const run = async () => {
        runs++;
        throw lostTo(structuredClone(seen));
      };
      await expect(repeatInTurn(run, times(lostTo(seen)))).rejects.toMatchObject({
        ...{ name: "RetryLater", code: "CONDITION_FAILED", waited: false },
        lastly: { code: "CONDITION_FAILED", detail: expect.stringMatching(/^(?!.*an-id).* orders,/) },
      });
      expect(runs).toBe(3);
    },
  );

  it("G6: has changed when any of it has, and then the race goes on", async () => {
    let runs = 0;
    const run = async () => {
      if (++runs < 7) throw lostTo({ version: { N: String(Math.floor(runs / 2)) } });
      return runs;
    };
    expect(await repeatInTurn(run, times(lostTo({ version: { N: "0" } })))).toBe(7);
  });

  it("is named as the table of a key of two parts", async () => {
    const lost = lostTo(null, JSON.stringify(["order-lines", [["order", { S: "o" }]]]));
    const end = repeatInTurn(async () => Promise.reject(lost), times(lost));
    await expect(end).rejects.toMatchObject({
      lastly: { detail: expect.stringContaining("in order-lines,") },
    });
  });
});

it("G4: a message that still waits for its predecessor returns to the queue with that wait as its error", async () => {
  const early = new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 20 });
  const run = async () => Promise.reject(early);
  const end = repeatInTurn(run, { first: early, item: newId(), deadlineMs: inSeconds(0.5) });
  await expect(end).rejects.toBe(early);
});

it("G4: behind a line that moves it stays, and behind one that stands it does not wait here", async () => {
  const early = (ahead: number) => new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 1, ahead });
  let line = 9;
  const moving = async () => {
    if (--line > 0) throw early(line);
    return "done";
  };
  const times = { first: early(9), item: newId(), deadlineMs: inSeconds(60) };
  expect(await repeatInTurn(moving, times)).toBe("done");
  let runs = 0;
  const standing = async () => {
    runs++;
    throw early(9);
  };
  await expect(repeatInTurn(standing, times)).rejects.toMatchObject({ code: "SEQUENCE_AHEAD" });
  expect(runs).toBe(3);
});

it("G6: a message whose turn does not come has not run, and waits", async () => {
  const gate = Promise.withResolvers<void>();
  const item = newId();
  const running = repeatInTurn(() => gate.promise, { first, item, deadlineMs: inSeconds(60) });
  let runs = 0;
  const run = async () => runs++;
  const end = repeatInTurn(run, { first, item, deadlineMs: inSeconds(0.1) });
  await expect(end).rejects.toMatchObject({ code: "CONTENDED", waited: true });
  expect(runs).toBe(0);
  gate.resolve();
  await running;
});

it("G4: a race that is lost in between is no look at a line that stands", async () => {
  const early = new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 1 });
  let runs = 0;
  const run = async () => {
    if (++runs < 9) throw runs % 2 === 0 ? first : early;
    return runs;
  };
  expect(await repeatInTurn(run, { first, item: newId(), deadlineMs: inSeconds(60) })).toBe(9);
});

it("what fails for another reason fails at once", async () => {
  let runs = 0;
  const run = async () => {
    runs++;
    throw new RetryLater("NOT_NOW");
  };
  const end = repeatInTurn(run, { first, item: newId(), deadlineMs: inSeconds(5) });
  await expect(end).rejects.toMatchObject({ code: "NOT_NOW", waited: false });
  expect(runs).toBe(1);
});

const nowMs = 1_000_000;

describe("the pauses between the runs, of which each is half of its bound here", () => {
  const always = (lost: StateMoved | RetryLater) => async () => Promise.reject(lost);

  it("G5: none before the first run, and then as long as a mapping's processes need to spread", async () => {
    const waits = watchedWaits();
    const end = repeatInTurn(always(first), { first, item: newId(), deadlineMs: nowMs + 100_000 });
    await expect(end).rejects.toMatchObject({ code: "CONTENDED" });
    expect(waits[0]).toBe(50_000); // its turn: half of the time
    expect(waits.slice(1)).toEqual([50, 100, 200, 400, ...Array(45).fill(800)]); // so 50 runs, by a clock that stands
  });

  it("G9: a message that is not redelivered takes all of the time", async () => {
    const waits = watchedWaits();
    const run = async () => "done";
    await repeatInTurn(run, { first, item: newId(), deadlineMs: nowMs + 100_000, share: 1 });
    expect(waits).toEqual([100_000]);
  });

  it.each([
    [2_000, 1 / 2, [1_000, 50, 100, 200, 250, 250]],
    [1_000, 1 / 50, [20, ...Array(5).fill(12.5)]], // no shorter than this
    [1_000, 1 / 100, [10]], // which would end too late
    [540, 1 / 2, [270]], // as would one that leaves less than the margin before the deadline
  ])("G11: shorter when the time runs out: %i ms and a share of %f", async (leftMs, share, expected) => {
    const waits = watchedWaits();
    const end = repeatInTurn(always(first), { first, item: newId(), deadlineMs: nowMs + leftMs, share });
    await expect(end).rejects.toMatchObject({ code: "CONTENDED" });
    expect(waits.slice(0, 6)).toEqual(expected);
  });

  it("G4: of a message that waits for another, as long as that takes on average", async () => {
    const waits = watchedWaits();
    const early = new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 20, ahead: 3 });
    const end = repeatInTurn(always(early), { first: early, item: newId(), deadlineMs: nowMs + 100_000 });
    await expect(end).rejects.toBe(early);
    expect(waits.slice(1)).toEqual([20, 20, 20]);
  });

  /** Waits that end at once, by a clock that stands. */
  function watchedWaits(): number[] {
    const waits: number[] = [];
    onTestFinished(setClock(() => nowMs));
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((done: () => void, ms: number) => {
      waits.push(ms);
      queueMicrotask(done);
    }) as never);
    return waits;
  }
});

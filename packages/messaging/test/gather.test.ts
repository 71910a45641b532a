import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gatherer, groupsOf } from "../src/commit/gather.ts";
import { type Measured, transactionBytesMax } from "../src/commit/limits.ts";
import { setClock } from "../src/core/clock.ts";

type Unit = Measured & { readonly name: string };

let groups: string[][];
let restoreClock: () => void;

beforeEach(() => {
  groups = [];
  vi.useFakeTimers();
  restoreClock = setClock(() => Date.now());
});
afterEach(() => {
  restoreClock();
  vi.useRealTimers();
});

it("G11: a unit waits for the runs that have begun and not ended, and for no other", () => {
  const { begin, commit, end } = aGatherer({ lingerMs: 1_000 });
  const [one, other, third, never] = [{}, {}, {}, {}];
  for (const run of [one, other, third]) begin(run, Date.now() + 5_000);
  void commit(one, aUnit("a"));
  end(never); // what has not begun does not end
  void commit({}, aUnit("b"));
  expect(groups).toEqual([]);
  end(other);
  expect(groups).toEqual([]);
  void commit(third, aUnit("c"));
  expect(groups).toEqual([["a", "b", "c"]]);
  end(third); // it has ended by its commit
  begin(other, Date.now() + 5_000);
  vi.advanceTimersByTime(500);
  void commit(one, aUnit("d"));
  vi.advanceTimersByTime(999); // the wait of those before is no more
  expect(groups).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(groups).toEqual([["a", "b", "c"], ["d"]]);
});

it("G11: it waits as long as it is told, which is five milliseconds, counted from the first", () => {
  for (const [options, lingerMs] of [
    [{}, 5],
    [{ lingerMs: 20 }, 20],
  ] as const) {
    groups = [];
    const { begin, commit } = aGatherer(options);
    begin({}, Date.now() + 5_000);
    void commit({}, aUnit("a"));
    vi.advanceTimersByTime(lingerMs - 1);
    void commit({}, aUnit("b"));
    expect(groups).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(groups).toEqual([["a", "b"]]);
    void commit({}, aUnit("c"));
    vi.advanceTimersByTime(lingerMs - 1);
    expect(groups).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(groups).toEqual([["a", "b"], ["c"]]);
  }
});

it("G11: a run that has not ended at its deadline is waited for no longer", () => {
  const { begin, commit, end } = aGatherer({ lingerMs: 60_000 });
  const ends = {};
  begin({}, Date.now() + 5_000);
  begin(ends, Date.now() + 90_000);
  void commit({}, aUnit("a"));
  vi.advanceTimersByTime(4_999);
  void commit({}, aUnit("b"));
  expect(groups).toEqual([]);
  vi.advanceTimersByTime(1);
  end(ends);
  expect(groups).toEqual([["a", "b"]]);
});

it("G5, G11: a group has so many actions and bytes, and never two of one item; the first with room takes the next", () => {
  const namesOf = (units: readonly Unit[], actionsMax: number) =>
    groupsOf(
      units.map((unit) => ({ unit })),
      actionsMax,
    ).map((group) => group.map(({ unit }) => unit.name).join(""));
  const bytes = (name: string, share: number) => ({ ...aUnit(name), bytes: share * transactionBytesMax });
  const actions = (name: string, count: number) => ({ ...aUnit(name), actions: Array(count).fill({}) });
  const items = (name: string, ...of: string[]) => ({ ...aUnit(name), items: new Set(of) });
  const sizes = [actions("a", 2), actions("b", 3), actions("c", 2), actions("d", 1), actions("e", 1)];
  expect(namesOf(sizes, 4)).toEqual(["ac", "bd", "e"]);
  expect(namesOf([bytes("a", 0.75), bytes("b", 0.5), bytes("c", 0.25), bytes("d", 0.5)], 100)).toEqual([
    "ac",
    "bd",
  ]);
  expect(
    namesOf([items("a", "1", "2"), items("b", "3", "1"), items("c", "2"), items("d", "4")], 100),
  ).toEqual(["ad", "bc"]);
});

function aGatherer(options: { readonly lingerMs?: number }) {
  return gatherer<Unit, void>((group) => groups.push(group.map(({ unit }) => unit.name)), {
    ...options,
    actionsMax: 100,
  });
}

function aUnit(name: string): Unit {
  return { name, actions: [{}], items: new Set([name]), bytes: 1 };
}

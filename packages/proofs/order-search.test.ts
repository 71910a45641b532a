// Runs small random programs in every order of their steps, and in the orders that the search selects. Each order that the
// search skips must end like one that it runs, and it must skip nearly all that it may.

import { type Candidate, orderSearch } from "@essentially-once/testing/internal/explorer/order-search";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import { expect, it } from "vitest";

/** For each process what its steps read and write. */
type Programs = Readonly<Record<string, readonly Candidate["footprint"][]>>;

it("loses nothing that an order of steps can come to, and runs little twice", () => {
  const random = seededRandom(7);
  let runs = 0;
  let outcomes = 0;
  for (let nth = 0; nth < 300; nth++) {
    const programs = someProgram((below) => Math.floor(random() * below));
    const whole = search(programs, { reduced: false });
    const reduced = search(programs, { reduced: true });
    expect([...reduced.outcomes].sort()).toEqual([...whole.outcomes].sort());
    runs += reduced.runs;
    outcomes += whole.outcomes.size;
  }
  expect(outcomes).toBeGreaterThan(1_000);
  expect(runs / outcomes).toBeLessThan(1.05);
});

it("runs one order of steps that touch nothing in common, and says when a replay leads elsewhere", () => {
  const apart = ["x", "y", "z"].map((place, nth) => [
    `P${nth}`,
    [{ reads: new Set(), writes: new Set(place) }],
  ]);
  expect(search(Object.fromEntries(apart), { reduced: true }).runs).toBe(1);
  const orders = orderSearch({ reduced: false });
  const both = ["A", "B"].map((process) => ({ process, footprint: writing("x") }));
  orders.choose(both, 1);
  orders.next();
  expect(() => orders.choose(both.slice(1), 1)).toThrow("the same order led elsewhere: B, and not A,B");
});

it("takes an era for a wall: nothing behind it can come before it", () => {
  const a = { process: "A", footprint: writing("x") };
  const b = { process: "B", footprint: writing("y") };
  const orders = orderSearch();
  expect([orders.choose([a, b], 1), orders.choose([b], 1)]).toEqual(["A", "B"]);
  orders.choose([{ process: "B", footprint: writing("x") }], 2);
  expect(orders.next()).toBe(false);
});

function writing(place: string): Candidate["footprint"] {
  return { reads: new Set(), writes: new Set([place]) };
}

function someProgram(pick: (below: number) => number): Programs {
  const processes = ["A", "B", "C", "D"].slice(0, 2 + pick(3));
  const places = ["x", "y", "z"].slice(0, 2 + pick(2));
  const some = () => new Set([places[pick(places.length)] as string]);
  const step = () => {
    const kind = pick(3);
    return {
      reads: kind === 1 ? new Set<string>() : some(),
      writes: kind === 0 ? new Set<string>() : some(),
    };
  };
  const steps = () => Array.from({ length: 1 + pick(processes.length > 3 ? 2 : 3) }, step);
  return Object.fromEntries(processes.map((process) => [process, steps()]));
}

function search(programs: Programs, options: { reduced: boolean }): { runs: number; outcomes: Set<string> } {
  const orders = orderSearch(options);
  const outcomes = new Set<string>();
  let runs = 0;
  do {
    outcomes.add(outcomeOf(programs, (candidates) => orders.choose(candidates, 1)));
    runs++;
  } while (orders.next());
  return { runs, outcomes };
}

/** Which write each step finds in what it reads and writes. */
function outcomeOf(programs: Programs, choose: (candidates: readonly Candidate[]) => string): string {
  const done = new Map<string, number>();
  const lastWrites = new Map<string, string>();
  const found: string[] = [];
  for (;;) {
    const candidates = Object.entries(programs).flatMap(([process, steps]) => {
      const footprint = steps[done.get(process) ?? 0];
      return footprint ? [{ process, footprint }] : [];
    });
    if (candidates.length === 0) return found.sort().join();
    const chosen = choose(candidates);
    const { process, footprint } = candidates.find((one) => one.process === chosen) as Candidate;
    const { reads, writes } = footprint;
    const nth = done.get(process) ?? 0;
    done.set(process, nth + 1);
    for (const place of new Set([...reads, ...writes])) {
      found.push(`${process}${nth} ${place} ${lastWrites.get(place)}`);
    }
    for (const place of writes) lastWrites.set(place, `${process}${nth}`);
  }
}

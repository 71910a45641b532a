// Which orders of calls are left to run. Orders that differ only in calls that touch nothing in common come to the same,
// so one of them is enough: behind each run, two neighbours that touch the same and could have gone the other way round
// are a reason for another run (dynamic partial-order reduction with source sets and sleep sets: Abdulla, Aronis, Jonsson
// and Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", 2017).
import { areIndependent, type Footprint } from "./footprint.ts";

/** What a process would do next. */
export interface Candidate {
  readonly process: string;
  readonly footprint: Footprint;
}

export interface OrderSearch {
  /**
   * The process that goes next. `era` counts the points that no order can cross: the clock moves and batches are
   * delivered only when no process has a call to make.
   */
  choose(candidates: readonly Candidate[], era: number): string;
  /** Ends a run. False when there is no other order left. */
  next(): boolean;
}

interface Node {
  /** As they are in the present run: each run has ids of its own. */
  candidates: ReadonlyMap<string, Footprint>;
  readonly era: number;
  /** Whose call here has been run from here on in another order that comes to the same. */
  readonly sleeping: ReadonlySet<string>;
  /** Who must have a turn here, and who had one. */
  readonly wanted: Set<string>;
  readonly done: Set<string>;
  chosen: string;
}

/** `reduced: false` runs every order. */
export function orderSearch({ reduced = true } = {}): OrderSearch {
  const nodes: Node[] = [];
  let depth = 0;
  /** What is before has been looked at behind an earlier run. */
  let newFrom = 0;
  let isRedundant = false;

  return {
    choose(given, era) {
      const candidates = new Map(given.map(({ process, footprint }) => [process, footprint]));
      const known = nodes[depth];
      if (known && !isRedundant) {
        depth++;
        standsWhereItStood(known, candidates);
        known.candidates = candidates;
        return known.chosen;
      }
      const [fallback = ""] = candidates.keys();
      if (isRedundant) return fallback;
      const sleeping = sleepingBehind(nodes.at(-1));
      const chosen = [...candidates.keys()].find((process) => !sleeping.has(process));
      if (chosen === undefined) {
        isRedundant = true; // every way on from here has been run in another order
        return fallback;
      }
      const wanted = new Set(reduced ? [chosen] : candidates.keys());
      nodes.push({ candidates, era, sleeping, wanted, done: new Set([chosen]), chosen });
      depth++;
      return chosen;
    },

    next() {
      for (let index = newFrom; index < nodes.length && reduced; index++) {
        noteRaces(nodes.slice(0, index), stepOf(nodes[index] as Node));
      }
      depth = 0;
      isRedundant = false;
      for (let last = nodes.at(-1); last !== undefined; last = nodes.at(-1)) {
        const { wanted, done, sleeping } = last;
        const chosen = [...wanted].find((process) => !done.has(process) && !sleeping.has(process));
        if (chosen !== undefined) {
          last.chosen = chosen;
          done.add(chosen);
          newFrom = nodes.length - 1;
          return true;
        }
        nodes.pop();
      }
      return false;
    },
  };

  function sleepingBehind(node: Node | undefined): Set<string> {
    if (node === undefined || !reduced) return new Set();
    const { candidates, sleeping, done, chosen } = node;
    const step = stepOf(node).footprint;
    const still = [...candidates].filter(
      ([process, footprint]) =>
        process !== chosen && (sleeping.has(process) || done.has(process)) && areIndependent(footprint, step),
    );
    return new Set(still.map(([process]) => process));
  }
}

interface Step extends Candidate {
  readonly era: number;
}

function stepOf({ chosen, candidates, era }: Node): Step {
  const footprint = candidates.get(chosen);
  if (footprint === undefined) throw new Error(`${chosen} has no call to make`);
  return { process: chosen, footprint, era };
}

/** What was run before must lead where it led, or what is said about orders is about nothing. */
function standsWhereItStood({ candidates: before }: Node, candidates: ReadonlyMap<string, Footprint>): void {
  if (String([...before.keys()]) !== String([...candidates.keys()])) {
    throw new Error(`the same order led elsewhere: ${[...candidates.keys()]}, and not ${[...before.keys()]}`);
  }
}

/** For each step before that touches the same, with nothing between that ties the two: the later one first. */
function noteRaces(nodes: readonly Node[], step: Step): void {
  /** Steps that must come before this one. */
  const before: Step[] = [];
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as Node;
    const earlier = stepOf(node);
    if (earlier.era !== step.era) return;
    const isTied = before.some((later) => isBefore(earlier, later));
    if (earlier.process !== step.process && isBefore(earlier, step) && !isTied) {
      want(node, [...apartFrom(earlier, nodes.slice(index + 1).map(stepOf)), step]);
    }
    if (isTied || isBefore(earlier, step)) before.push(earlier);
  }
}

/** Of two steps in their order: whether the other must come behind the one. */
function isBefore(one: Step, other: Step): boolean {
  return one.process === other.process || !areIndependent(one.footprint, other.footprint);
}

/** Those of the steps behind it that could have happened without it. */
function apartFrom(step: Step, behind: readonly Step[]): Step[] {
  const bound = [step];
  return behind.filter((one) => {
    const isBound = bound.some((other) => isBefore(other, one));
    if (isBound) bound.push(one);
    return !isBound;
  });
}

/** Steps that could have happened here: one of those that can begin them must have a turn. */
function want({ candidates, wanted }: Node, steps: readonly Step[]): void {
  const beginners = steps
    .filter((one, index) => !steps.slice(0, index).some((other) => isBefore(other, one)))
    .map(({ process }) => process);
  if (beginners.some((process) => wanted.has(process))) return;
  const able = beginners.filter((process) => candidates.has(process));
  for (const process of able.length > 0 ? able.slice(0, 1) : candidates.keys()) wanted.add(process);
}

// Which orders of calls are left to run. Orders that differ only in calls that touch nothing in common come to the same,
// so one of them is enough: behind each run, two neighbours that touch the same and could have gone the other way round
// are a reason for another run (dynamic partial-order reduction with sleep sets, Flanagan and Godefroid 2005).
import { areIndependent, type Footprint } from "./footprint.ts";

/** What a process would do next. */
export interface Candidate {
  readonly process: string;
  readonly footprint: Footprint;
}

export interface OrderSearch {
  /**
   * Who goes next. `era` counts what nobody can go back behind: the clock moves and batches are delivered only when
   * no process has a call to make.
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
        for (const [process, footprint] of candidates) noteRaces(nodes, { process, footprint, era });
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
  const before = new Set<number>();
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index] as Node;
    const earlier = stepOf(node);
    if (earlier.era !== step.era) return;
    const isOwn = earlier.process === step.process;
    const touches = !areIndependent(earlier.footprint, step.footprint);
    const isTied = [...before].some((later) => isBefore(earlier, stepOf(nodes[later] as Node)));
    if (!isOwn && touches && !isTied) want(node, step.process);
    if (isOwn || touches || isTied) before.add(index);
  }
}

function isBefore(one: Step, other: Step): boolean {
  return one.process === other.process || !areIndependent(one.footprint, other.footprint);
}

/** The process itself where it has a call to make, or anybody. */
function want({ candidates, wanted }: Node, process: string): void {
  for (const candidate of candidates.has(process) ? [process] : candidates.keys()) wanted.add(candidate);
}

// Breadth-first search over a model: it visits every reachable state once, so it proves a property that holds in all of
// them, and the first breach that it meets has the shortest trace.
//
//   Safety: no state breaks a promise.
//   Liveness: whatever has happened, a quiet state in which all is well can be reached without a further fault.

export interface Model<State> {
  readonly initial: State;
  steps(state: State): Step<State>[];
  /** Equal for states between which nothing can tell. */
  keyOf(state: State): string;
  /** The promise that a state breaks, in words. */
  breach(state: State): string | undefined;
  /** Nothing is in progress, and no message waits. */
  isSettled(state: State): boolean;
}

export interface Step<State> {
  readonly next: State;
  /** Trouble, or the whim of an operator: liveness may not count on it. */
  readonly isFault: boolean;
  /** What happened, for a trace. */
  readonly name: string;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The longest of the shortest ways to a state, in steps. */
  readonly depth: number;
  readonly violation?: Violation;
}

export interface Violation {
  readonly breach: string;
  /** The shortest way there. */
  readonly trace: readonly string[];
}

const statesMax = 3_000_000;

/** @throws Error when the model has more states than can be held */
export function explore<State>(model: Model<State>): Exploration {
  const found = new Map([[model.keyOf(model.initial), 0]]);
  const parents = [-1];
  const calmSteps: [from: number, to: number][] = [];
  const settled: number[] = [];
  let frontier: { state: State; index: number }[] = [{ state: model.initial, index: 0 }];
  let transitions = 0;
  for (let depth = 0; ; depth++) {
    const next: typeof frontier = [];
    for (const { state, index } of frontier) {
      const breach = model.breach(state);
      if (breach !== undefined) return outcome(depth, { breach, trace: traceTo(index) });
      if (model.isSettled(state)) settled.push(index);
      for (const step of model.steps(state)) visit(step, index, next);
    }
    if (next.length === 0) return outcome(depth, stuck());
    frontier = next;
  }

  function visit(step: Step<State>, from: number, next: typeof frontier): void {
    transitions += 1;
    const key = model.keyOf(step.next);
    let to = found.get(key);
    if (to === undefined) {
      to = found.size;
      if (to === statesMax)
        throw new Error(`The model has more than ${statesMax} states: make its bounds smaller`);
      found.set(key, to);
      parents.push(from);
      next.push({ state: step.next, index: to });
    }
    if (!step.isFault) calmSteps.push([from, to]);
  }

  function outcome(depth: number, violation: Violation | undefined): Exploration {
    return { states: found.size, transitions, depth, ...(violation && { violation }) };
  }

  /** The first state from which no settled one can be reached by calm steps. */
  function stuck(): Violation | undefined {
    const index = firstUnreached({ count: found.size, steps: calmSteps, goals: settled });
    return index === undefined
      ? undefined
      : { breach: "liveness: from here it cannot become idle with all work done", trace: traceTo(index) };
  }

  /** By walking the way again, because a key may stand for states with other names. */
  function traceTo(index: number): string[] {
    const way: number[] = [];
    for (let at = index; at > 0; at = parents[at] as number) way.unshift(at);
    let state = model.initial;
    return way.map((wanted) => {
      const step = model.steps(state).find(({ next }) => found.get(model.keyOf(next)) === wanted);
      if (!step) throw new Error("keyOf makes states equal that have different steps");
      state = step.next;
      return step.name;
    });
  }
}

function firstUnreached({
  count,
  steps,
  goals,
}: {
  count: number;
  steps: readonly (readonly [from: number, to: number])[];
  goals: readonly number[];
}): number | undefined {
  const sources = Map.groupBy(steps, ([, to]) => to);
  const reached = new Uint8Array(count);
  for (const goal of goals) reached[goal] = 1;
  const open = [...goals];
  for (let goal = open.pop(); goal !== undefined; goal = open.pop()) {
    for (const [source] of sources.get(goal) ?? []) {
      if (reached[source]) continue;
      reached[source] = 1;
      open.push(source);
    }
  }
  const index = reached.indexOf(0);
  return index === -1 ? undefined : index;
}

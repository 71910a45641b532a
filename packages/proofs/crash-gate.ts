// The deep search, for `npm run prove`: every single fault of every scenario, every pair of the core scenarios, every
// order of concurrent workers. The work is cut into units that worker processes take one after the other.
import { type ChildProcess, fork } from "node:child_process";
import { type Counterexample, explore } from "@essentially-once/testing/internal/explorer/explore";
import type { FaultKind } from "@essentially-once/testing/internal/explorer/fault";
import { interleave } from "@essentially-once/testing/internal/explorer/interleave";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import {
  concurrentScenarios,
  coreScenarios,
  longConcurrentScenarios,
  longCoreScenarios,
  scenarios,
} from "./scenarios/all.ts";

export interface GateBounds {
  /** All pairs of the core scenarios when absent; 0 leaves pairs out. */
  readonly pairsMax?: number;
  /** Triples of the core scenarios, sampled by the seed; with them go the long core and the long concurrent scenarios. */
  readonly triplesMax?: number;
  /** Orders of one concurrent scenario; absent takes all. */
  readonly ordersMax?: number;
  readonly seed?: number;
  readonly workers?: number;
  /** Of all units together: each has an equal share of what is left when it begins. */
  readonly secondsMax?: number;
  /** Only these; absent is all of them. */
  readonly units?: readonly Unit[];
}

export interface GateFigures {
  /** Runs: schedules of faults and orders of calls. */
  readonly schedules: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly violations: readonly Counterexample[];
  readonly seconds: number;
  readonly units: readonly UnitFigures[];
  /** For which there was no time. */
  readonly unbegun: number;
}

export interface Unit {
  readonly kind: "faults" | "pairs" | "orders";
  /** Its place in the list of its kind. */
  readonly scenario: number;
  readonly bounds: GateBounds;
  readonly share: { readonly index: number; readonly of: number };
}

export interface UnitFigures {
  readonly kind: Unit["kind"];
  readonly scenario: string;
  readonly schedules: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly violations: readonly Counterexample[];
  readonly complete: boolean;
}

const workersDefault = 2;
/** Shares of one core scenario: more than workers, so that none waits long for another's last. */
const shares = 4;

export function gateUnits(bounds: GateBounds = {}): Unit[] {
  const whole = { index: 0, of: 1 };
  const of = (kind: Unit["kind"], count: number) =>
    Array.from({ length: count }, (_, scenario): Unit => ({ kind, scenario, bounds, share: whole }));
  const pairs = bounds.pairsMax === 0 ? [] : of("pairs", everyCore(bounds).length);
  return [
    ...pairs.flatMap((unit) =>
      Array.from({ length: shares }, (_, index) => ({ ...unit, share: { index, of: shares } })),
    ),
    ...of("faults", scenarios().length),
    ...of("orders", (bounds.triplesMax ? everyOrder() : concurrentScenarios()).length),
  ];
}

/** Those of the bounded gate first. */
function everyCore({ triplesMax }: GateBounds): Scenario[] {
  return [...coreScenarios(), ...(triplesMax ? longCoreScenarios() : [])];
}

/** Those of the bounded gate first. */
function everyOrder(): Scenario[] {
  return [...concurrentScenarios(), ...longConcurrentScenarios()];
}

export async function runUnit({ kind, scenario: place, bounds, share }: Unit): Promise<UnitFigures> {
  const list = kind === "orders" ? everyOrder() : kind === "pairs" ? everyCore(bounds) : scenarios();
  const scenario = list[place];
  if (scenario === undefined) throw new Error(`${kind} has ${list.length} scenarios, no ${place}`);
  if (kind === "orders") {
    const { orders, ...rest } = await interleave(scenario, {
      ...(bounds.secondsMax !== undefined && { secondsMax: bounds.secondsMax }),
      ...(bounds.ordersMax !== undefined && { ordersMax: bounds.ordersMax }),
    });
    return { kind, schedules: orders, faults: {}, ...rest };
  }
  const { triplesMax = 0, pairsMax, seed = 1 } = bounds;
  const depth = kind === "faults" ? 1 : triplesMax > 0 ? 3 : 2;
  const perShare = (max: number) => Math.ceil(max / share.of);
  const figures = await explore(scenario, {
    depth,
    seed,
    share,
    ...(pairsMax !== undefined && { pairsMax: perShare(pairsMax) }),
    triplesMax: perShare(triplesMax),
    ...(bounds.secondsMax !== undefined && { secondsMax: bounds.secondsMax }),
  });
  return { kind, ...figures };
}

/** Runs all units in worker processes; `onProgress` hears of each that is done. */
export async function runGate(
  bounds: GateBounds = {},
  onProgress: (done: UnitFigures, left: number) => void = () => undefined,
): Promise<GateFigures> {
  const beganAt = performance.now();
  const { workers = workersDefault, secondsMax } = bounds;
  const open = [...(bounds.units ?? gateUnits(bounds))];
  if (secondsMax !== undefined) open.sort((a, b) => inNeedOfTime(a) - inNeedOfTime(b));
  const units: UnitFigures[] = [];
  await Promise.all(Array.from({ length: workers }, work));
  const faults: Partial<Record<FaultKind, number>> = {};
  for (const [kind, count] of units.flatMap((unit) => Object.entries(unit.faults))) {
    faults[kind as FaultKind] = (faults[kind as FaultKind] ?? 0) + count;
  }
  return {
    schedules: units.reduce((sum, unit) => sum + unit.schedules, 0),
    faults,
    violations: units.flatMap((unit) => unit.violations),
    seconds: (performance.now() - beganAt) / 1_000,
    units,
    unbegun: open.length,
  };

  function next(): Unit | undefined {
    return secondsLeft() > 0 ? open.shift() : undefined;
  }

  function secondsLeft(): number {
    if (secondsMax === undefined) return Number.POSITIVE_INFINITY;
    return secondsMax - (performance.now() - beganAt) / 1_000;
  }

  async function work(): Promise<void> {
    const worker = searchWorker();
    try {
      for (let unit = next(); unit !== undefined; unit = next()) {
        const done = await worker.run(shared(unit));
        units.push(done);
        onProgress(done, open.length);
      }
    } finally {
      worker.end();
    }
  }

  function shared(unit: Unit): Unit {
    if (secondsMax === undefined) return unit;
    const unitsLeft = open.length + 1;
    const share = (secondsLeft() * Math.min(workers, unitsLeft)) / unitsLeft;
    return { ...unit, bounds: { ...unit.bounds, secondsMax: share } };
  }
}

/** Pairs last: they can use whatever time the others leave. */
function inNeedOfTime({ kind }: Unit): number {
  return ["faults", "orders", "pairs"].indexOf(kind);
}

interface SearchWorker {
  run(unit: Unit): Promise<UnitFigures>;
  end(): void;
}

/** A process that takes unit after unit; what a violation has left behind, no other unit meets. */
function searchWorker(): SearchWorker {
  let worker: ChildProcess | undefined;
  return {
    run(unit) {
      worker ??= fork(new URL("./crash-gate-worker.ts", import.meta.url), { serialization: "advanced" });
      const present = worker;
      return new Promise((resolve, reject) => {
        const ended = (code: number | null) =>
          reject(new Error(`the worker for ${unit.kind} ended with ${code}`));
        present.once("exit", ended);
        present.once("message", (figures) => {
          present.off("exit", ended);
          const done = figures as UnitFigures;
          if (done.violations.length > 0) this.end();
          resolve(done);
        });
        present.send(unit);
      });
    },
    end() {
      worker?.disconnect();
      worker = undefined;
    },
  };
}

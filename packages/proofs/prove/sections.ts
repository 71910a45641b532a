// The sections of the proof, in the order in which they run: what each is made of, and what it found.

import { describe } from "@essentially-once/testing/internal/explorer/account";
import { type GateFigures, runGate } from "../crash-gate.ts";
import { forms } from "../hot-key/forms.ts";
import { proveMutants } from "../mutants/prove-mutants.ts";
import { proveRandomMutants } from "../mutants/random/random-mutants.ts";
import { billForms } from "../scenarios/bills.ts";
import { soakModes } from "../soak/soak-modes.ts";
import { runTasks } from "./in-process.ts";
import {
  addUp,
  type Depth,
  type OnProgress,
  type SectionFigures,
  type SectionName,
  timeLimit,
} from "./section.ts";
import type { Task } from "./tasks.ts";

/** Of each core scenario, when it goes deep. */
const triplesLong = 2_000;

export async function runSections(
  names: readonly SectionName[],
  depth: Depth,
  onProgress: OnProgress,
): Promise<SectionFigures[]> {
  const found: SectionFigures[] = [];
  const tasks = names.flatMap((name) => tasksOf(name, depth));
  const beganAt = performance.now();
  let partsLeft = ["crash-points", "mutants"].filter((name) => names.some((one) => one === name)).length;
  if (tasks.length > 0) partsLeft++;
  if (names.includes("crash-points")) found.push(await crashPoints(shared(), onProgress));
  const { workers, secondsMax } = tasks.length > 0 ? shared() : depth;
  const done = await runTasks(tasks, { workers, secondsMax, onProgress });
  for (const list of Map.groupBy(done, ({ section }) => section).values()) found.push(together(list));
  if (names.includes("mutants")) found.push(await mutants(shared(), onProgress));
  if (names.includes("random-mutants")) found.push(await randomMutants(depth, onProgress));
  return found;

  /** The crash points, the tasks and the mutants run one after the other: each has its share of the time that is left. */
  function shared(): Depth {
    const parts = partsLeft--;
    if (depth.secondsMax === undefined) return depth;
    const left = Math.max(0, depth.secondsMax - (performance.now() - beganAt) / 1_000);
    return { ...depth, secondsMax: left / parts };
  }
}

function tasksOf(name: SectionName, depth: Depth): Task[] {
  switch (name) {
    case "strategies":
    case "model":
    case "quint":
    case "kills":
    case "versions":
    case "long-run":
      return [{ kind: name, depth }];
    case "soak":
      return soakModes.map((mode) => ({ kind: name, mode: mode.name, depth }));
    case "arrivals":
      return billForms.map((form) => ({ kind: name, form, depth }));
    case "hot-key":
      return forms.map((form) => ({ kind: name, form: form.name, depth }));
    default:
      return [];
  }
}

/** What the tasks of one section found. */
function together(parts: readonly SectionFigures[]): SectionFigures {
  const [first, ...more] = parts as [SectionFigures, ...SectionFigures[]];
  if (more.length === 0) return first;
  return {
    section: first.section,
    schedules: parts.reduce((sum, { schedules }) => sum + schedules, 0),
    faults: addUp(parts.map(({ faults }) => faults)),
    violations: parts.flatMap(({ violations }) => violations),
    said: first.section === "soak" ? [`worlds of ${parts.length} modes`] : parts.flatMap(({ said }) => said),
    seconds: Math.max(...parts.map(({ seconds }) => seconds)),
  };
}

/** Sampled by the seed, of each core scenario, where all sections share some minutes. */
const pairsBounded = 1_000;

async function crashPoints(
  { long, bounded, seed, workers, secondsMax }: Depth,
  onProgress: OnProgress,
): Promise<SectionFigures> {
  const time = secondsMax !== undefined && { secondsMax };
  const figures = await runGate(
    {
      seed,
      workers,
      ...time,
      ...(long ? { triplesMax: triplesLong } : bounded && { pairsMax: pairsBounded }),
    },
    ({ kind, scenario, schedules, violations }, left) =>
      onProgress(
        `crash points: ${scenario}, ${kind}: ${schedules} schedules, ${violations.length} violations; ${left} units left`,
      ),
  );
  const { schedules, faults, violations, seconds } = figures;
  const said = (["faults", "pairs", "orders"] as const).map((kind) =>
    saidOf(kind, figures, { sampled: bounded && kind === "pairs" }),
  );
  return {
    section: "crash-points",
    schedules,
    faults: addUp([faults]),
    violations: violations.map(describe),
    said: [...said, ...(figures.unbegun > 0 ? [`for ${figures.unbegun} units there was no time`] : [])],
    seconds,
  };
}

const searched = { faults: "single faults", pairs: "pairs and more", orders: "orders of calls" } as const;

function saidOf(
  kind: keyof typeof searched,
  figures: GateFigures,
  { sampled }: { readonly sampled: boolean },
): string {
  const those = figures.units.filter((unit) => unit.kind === kind);
  const schedules = those.reduce((sum, unit) => sum + unit.schedules, 0);
  const isWhole = figures.unbegun === 0 && those.every(({ complete }) => complete);
  const whole = sampled ? "sampled" : isWhole ? "all" : "a bounded number";
  return `${searched[kind]}: ${schedules.toLocaleString("en-US")} (${whole}) in ${new Set(those.map(({ scenario }) => scenario)).size} scenarios`;
}

async function mutants(
  { long, bounded, workers, secondsMax }: Depth,
  onProgress: OnProgress,
): Promise<SectionFigures> {
  const { mutantsKilled, mutantsTotal, explained, untried, surprises, seconds } = await proveMutants({
    workers,
    isOver: timeLimit(secondsMax),
    soundness: long && secondsMax === undefined,
    quickly: bounded,
    onProgress,
  });
  return {
    section: "mutants",
    schedules: 0,
    faults: {},
    violations: surprises.map((name) => `mutant "${name}": not as expected`),
    mutantsKilled,
    mutantsTotal,
    said: [
      `${mutantsKilled} of ${mutantsTotal} noticed${bounded ? " (those that need no engines of their own)" : ""}; ${explained} survives with a reason${untried > 0 ? `; for ${untried} there was no time` : ""}`,
    ],
    seconds,
  };
}

const countDefault = 100;
const countLong = 300;

async function randomMutants(
  { long, seed, workers, count = long ? countLong : countDefault }: Depth,
  onProgress: OnProgress,
): Promise<SectionFigures> {
  const found = await proveRandomMutants({ count, seed, workers, onProgress });
  const { drawn, noticed, timedOut, explained, survivors, left, seconds } = found;
  return {
    section: "random-mutants",
    schedules: 0,
    faults: {},
    violations: survivors.map((change) => `random mutant: no test notices ${change}`),
    mutantsKilled: noticed,
    mutantsTotal: drawn - explained,
    said: [
      `${noticed} of ${drawn} random changes noticed, ${timedOut} of them because the tests did not end; ${explained} survive with a reason`,
      ...left.map((test) => `does not run beside the others, and noticed nothing: ${test}`),
    ],
    seconds,
  };
}

// What is done by one process from beginning to end: see in-process.ts. Each takes and gives plain data.
import { proveHotKey } from "../hot-key/prove-hot-key.ts";
import { proveKills } from "../kills/kills.ts";
import { proveLongRun } from "../kills/long-run.ts";
import { type EarlyAndLate, earlyAndLate } from "../kills/memory.ts";
import { proveQuint } from "../model/prove-quint.ts";
import { breakProtocols, proveModel } from "../model/scopes.ts";
import { type billForms, exploreBills } from "../scenarios/bills.ts";
import { soak, soakModeOf } from "../soak/soak.ts";
import { proveStrategies, sentenceOf } from "../strategies/search.ts";
import { proveVersions, versionsText } from "../versions/prove-versions.ts";
import { type Depth, type OnProgress, type SectionFigures, timeLimit } from "./section.ts";

export type Task =
  | { readonly kind: "strategies"; readonly depth: Depth }
  | { readonly kind: "model"; readonly depth: Depth }
  | { readonly kind: "quint"; readonly depth: Depth }
  | { readonly kind: "kills"; readonly depth: Depth }
  | { readonly kind: "versions"; readonly depth: Depth }
  | { readonly kind: "long-run"; readonly depth: Depth }
  | { readonly kind: "arrivals"; readonly form: (typeof billForms)[number]; readonly depth: Depth }
  | { readonly kind: "hot-key"; readonly form: string; readonly depth: Depth }
  | { readonly kind: "soak"; readonly mode: string; readonly depth: Depth };

/** Of each mode. */
const worldsDefault = 100;
const worldsLong = 1_000;
const asksDefault = 200;
const asksLong = 1_000;
/** In each phase of two releases side by side. */
const paymentsDefault = 16;
const paymentsLong = 150;
const messagesDefault = 5_000;
const messagesLong = 100_000;

export async function runTask(task: Task, onProgress: OnProgress): Promise<SectionFigures> {
  switch (task.kind) {
    case "strategies":
      return strategies(task.depth, onProgress);
    case "model":
      return model(task.depth, onProgress);
    case "quint":
      return quint(task.depth, onProgress);
    case "arrivals":
      return arrivals(task, onProgress);
    case "kills":
      return kills(task.depth, onProgress);
    case "versions":
      return versions(task.depth, onProgress);
    case "long-run":
      return longRun(task.depth, onProgress);
    case "hot-key":
      return proveHotKey(task, onProgress);
    case "soak":
      return soakOne(task.mode, task.depth, onProgress);
  }
}

async function strategies({ long, secondsMax }: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const isOver = timeLimit(secondsMax);
  const figures = await proveStrategies({ pairsMax: long ? 500 : 0, isOver, onProgress });
  const { schedules, strategiesBroken, strategiesTotal, surprises, searched, seconds } = figures;
  const violations = surprises.map((name) => {
    const found = searched.find(({ strategy }) => strategy.name === name)?.counterexample;
    return `strategy ${name}: ${found ? `must hold, and breaks: ${sentenceOf(found)}` : "must break, and survives"}`;
  });
  const holding = searched.length - strategiesTotal;
  const said = [`${strategiesBroken} of ${strategiesTotal} broken; ${holding} in the same form hold`];
  return {
    section: "strategies",
    schedules,
    faults: {},
    violations,
    strategiesBroken,
    strategiesTotal,
    said,
    seconds,
  };
}

/** Orders in which the messages of a process arrive: drawn, since there are half a billion. */
const ordersDefault = 60;
const ordersLong = 600;

async function arrivals(
  { form, depth: { long, seed } }: Extract<Task, { kind: "arrivals" }>,
  onProgress: OnProgress,
): Promise<SectionFigures> {
  const beganAt = performance.now();
  const found = await exploreBills(form, { ordersMax: long ? ordersLong : ordersDefault, seed }).catch(
    (error: Error) => error,
  );
  const broken = found instanceof Error;
  const said = broken
    ? []
    : [`${form}: ${found.orders} orders of arrival, ${found.decisions.length} decisions`];
  onProgress(`arrivals: ${broken ? `${form}: broken` : said}`);
  return {
    section: "arrivals",
    schedules: broken ? 0 : found.schedules,
    faults: {},
    violations: broken ? [found.message] : [],
    said,
    seconds: (performance.now() - beganAt) / 1_000,
  };
}

async function model({ long, secondsMax }: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const isOver = timeLimit(secondsMax);
  const found = (long ? (["gate", "long"] as const) : (["gate"] as const)).flatMap((scope) =>
    isOver() ? [] : proveModel(scope, onProgress),
  );
  const broken = breakProtocols();
  const survivors = broken.filter(({ violation }) => violation === undefined);
  const states = found.reduce((sum, one) => sum + one.states, 0);
  return {
    section: "model",
    schedules: 0,
    faults: {},
    violations: [
      ...found.flatMap(({ violations }) =>
        violations.map(({ breach, trace }) => `model: ${breach}\n  ${trace.join("\n  ")}`),
      ),
      ...survivors.map(({ name }) => `model: the protocol "${name}" must break, and survives`),
    ],
    said: [
      `${states.toLocaleString("en-US")} states; ${broken.length - survivors.length} of ${broken.length} broken protocols caught`,
    ],
    seconds: found.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

async function quint({ seed, secondsMax }: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const beganAt = performance.now();
  const { runs, holds, survivors, tracesReplayed, stepsReplayed, divergences } = await proveQuint({
    seed,
    isOver: timeLimit(secondsMax),
    onProgress,
  });
  return {
    section: "quint",
    schedules: 0,
    faults: {},
    violations: [
      ...(holds ? [] : ["Quint: a run of the protocol breaks the promises"]),
      ...survivors.map((name) => `Quint: the mistake ${name} survives`),
      ...divergences.map((text) => `Quint: the code does not follow the trace of ${text}`),
    ],
    said: [`${runs} runs; ${tracesReplayed} traces of ${stepsReplayed} steps replayed against the code`],
    seconds: (performance.now() - beganAt) / 1_000,
  };
}

async function soakOne(name: string, depth: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const { long, seed, secondsMax, worlds = long ? worldsLong : worldsDefault } = depth;
  const mode = soakModeOf(name);
  const time = secondsMax !== undefined && { secondsMax };
  const { violation, faults, seconds, ...figures } = await soak({ mode, worlds, seed, ...time });
  onProgress(`soak: ${figures.worlds} worlds of ${name}${violation ? ": broken" : ""}`);
  return {
    section: "soak",
    schedules: figures.worlds,
    faults,
    violations: violation === undefined ? [] : [violation],
    said: [],
    seconds,
  };
}

async function kills({ long, seed, secondsMax }: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const isOver = timeLimit(secondsMax);
  const figures = await proveKills({ asks: long ? asksLong : asksDefault, seed, isOver, onProgress });
  const { asks, killed, stopped, engineKills, cloudRestarts, redriven, violations, seconds } = figures;
  return {
    section: "kills",
    schedules: 0,
    faults: {
      SIGKILL: killed,
      SIGSTOP: stopped,
      "engine killed": engineKills,
      "cloud restarted": cloudRestarts,
    },
    violations,
    said: [
      `${asks} asks of three messages; ${killed} processes killed, ${stopped} stopped for a while, the tables' engine killed ${times(engineKills)}, the local cloud restarted ${times(cloudRestarts)}; ${redriven} dead letters redriven`,
    ],
    seconds,
  };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

async function versions({ long, seed }: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const payments = long ? paymentsLong : paymentsDefault;
  const found = await proveVersions({ payments, seed, onProgress });
  return {
    section: "versions",
    schedules: 0,
    faults: { SIGKILL: found.killed },
    violations: found.violations,
    said: [versionsText(found)],
    seconds: found.seconds,
  };
}

async function longRun(depth: Depth, onProgress: OnProgress): Promise<SectionFigures> {
  const { long, seed, secondsMax, messages: wanted = long ? messagesLong : messagesDefault } = depth;
  const isOver = timeLimit(secondsMax);
  const figures = await proveLongRun({ messages: wanted, seed, isOver, onProgress });
  const { messages, messagesPerSecond, memory, violations, seconds } = figures;
  return {
    section: "long-run",
    schedules: 0,
    faults: {},
    violations,
    memory,
    said: [
      `${messages.toLocaleString("en-US")} messages, ${messagesPerSecond} a second`,
      `memory early and late: ${memory.map(earlyAndLate).map(grownOf).join(", ")}`,
    ],
    seconds,
  };
}

function grownOf({ role, early, late }: EarlyAndLate): string {
  return `${role} ${early} and ${late} MB`;
}

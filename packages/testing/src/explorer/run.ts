// One schedule from beginning to end: events are delivered until all is quiet, with the schedule's faults, and then
// the scenario says what does not hold. Not quiet within its bounds is a violation of its own.
import type { ToldCall } from "./account.ts";
import { answerCommand, type Call, deliveryCommand } from "./call.ts";
import { callSite } from "./call-site.ts";
import type { Fault } from "./fault.ts";
import { gate } from "./gate.ts";
import { heldMessages } from "./held-messages.ts";
import { type ExploredFunction, platform } from "./invocation.ts";
import { outcomes } from "./outcomes.ts";
import { callName } from "./own-calls.ts";
import { NotLoadable, type Program } from "./program.ts";
import { queueSource } from "./queue-source.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Ending, Scenario, ScenarioFunction } from "./scenario.ts";
import { requestSource, scheduleSource } from "./schedule-source.ts";
import { provesSomething } from "./schedules.ts";
import { type Choose, simulation } from "./simulation.ts";
import type { Source } from "./source.ts";
import { streamSource } from "./stream-source.ts";

export interface RunOptions {
  readonly scenario: Scenario;
  readonly sandbox: Sandbox;
  readonly programs: readonly Program[];
  readonly unique: string;
  readonly faults: readonly Fault[];
  readonly choose?: Choose | undefined;
}

export interface Run {
  /** The calls in the order in which they happened. */
  readonly calls: readonly ToldCall[];
  readonly fired: readonly Fault[];
  readonly violations: readonly string[];
  /** What became of each message, when something does not hold. */
  readonly messages: readonly string[];
}

/** Events that one run may need; a run that needs more never ends. */
const eventsMax = 150;
const defaultTimeoutSeconds = 5;

export async function runSchedule(options: RunOptions): Promise<Run> {
  const { scenario, sandbox, unique, choose } = options;
  const faults = options.faults.filter((fault) => provesSomething(fault, scenario));
  const calls: (ToldCall & { readonly call?: Call })[] = [];
  const fired: Fault[] = [];
  let deliveries = 0;
  const world = simulation({
    startMs: Date.now(),
    choose,
    gate: gate({
      faultFor: ({ command, nth }) => faults.find((fault) => fault.command === command && fault.nth === nth),
      onCall(call, fault) {
        calls.push({ command: call.command, nth: call.nth, process: call.process.name, call });
        if (fault && !fired.includes(fault)) fired.push(fault);
        seen.onCall(call);
        for (const source of sources) source.onCall?.(call);
      },
      onDone(call, output) {
        if (!isRefused(output)) own?.made(call, machine.workOf(call.process)?.event);
        seen.onDone(call);
        for (const source of sources) source.onDone?.(call, output);
      },
      async runAgain({ process }) {
        const work = machine.workOf(process);
        if (work) await machine.start(work.target, work.event).answered;
      },
    }),
    seen(wanted) {
      const call = { ...wanted, nth: 0 };
      calls.push({ command: call.command, nth: 0, process: call.process.name, call });
      own?.made(call, machine.workOf(call.process)?.event);
    },
  });
  const machine = platform(world);
  const own = scenario.ownCalls?.begin(unique);
  const seen = outcomes(sandbox);
  const ending = await scenario.begin(sandbox, unique);
  const sources = scenario.functions.map((one, index) => sourceOf(one, options, index, ending));
  const held = heldMessages(sandbox, world);
  sources.push(held);
  const problems: string[] = [];
  try {
    await untilQuiet();
  } catch (error) {
    if (error instanceof NotLoadable) throw error;
    problems.push(`liveness: ${error instanceof Error ? error.message : String(error)}`);
  }
  problems.push(...(await ending.violations({ logs: world.logs })));
  problems.push(...(own?.violations() ?? []));
  const isWhole = problems.length === 0;
  return {
    calls: calls.map(({ call, ...one }) => (isWhole || !call ? one : { ...one, ...toldOf(call) })),
    fired,
    violations: problems,
    messages: isWhole ? [] : seen.lines(),
  };

  function deliver(process: string): boolean {
    const delivery = { command: deliveryCommand, nth: ++deliveries };
    calls.push({ ...delivery, process });
    const fault = faults.find(({ command, nth }) => command === delivery.command && nth === delivery.nth);
    if (fault) fired.push(fault);
    return fault !== undefined;
  }

  async function untilQuiet(): Promise<void> {
    for (let events = 0; events < eventsMax; events++) {
      if (await pollOnce()) continue;
      const due = sources.map((source) => source.nextMs()).filter((atMs) => atMs !== undefined);
      if (due.length > 0) world.advanceTo(Math.min(...due));
      else if (!(await whenQuiet())) return;
    }
    throw new Error(`not quiet after ${eventsMax} events`);
  }

  async function pollOnce(): Promise<boolean> {
    for (const source of sources) {
      if (!(await source.poll())) continue;
      if (source === held) pollAgain(); // what somebody had read and let go is there again
      return true;
    }
    return false;
  }

  async function whenQuiet(): Promise<boolean> {
    for (const source of sources) if (await source.whenQuiet?.()) return true;
    const moved = (await machine.thaw()) || ((await ending.whenQuiet?.()) ?? false);
    if (moved) pollAgain();
    return moved;
  }

  function pollAgain(): void {
    for (const source of sources) source.pollAgain?.();
  }

  function sourceOf(
    { by, timeoutSeconds = defaultTimeoutSeconds }: ScenarioFunction,
    { programs }: RunOptions,
    index: number,
    { requests, environment }: Ending,
  ): Source {
    const program = programs[index] as Program;
    const target: ExploredFunction = {
      program,
      environment: {
        POWERTOOLS_SERVICE_NAME: program.name,
        POWERTOOLS_METRICS_NAMESPACE: "Explored",
        ...sandbox.environmentFor("queue" in by ? by.queue : undefined),
        ...environment,
      },
      timeoutMs: timeoutSeconds * 1_000,
    };
    const isAltered = () => scenario.tampering === true && deliver(target.program.name);
    const context = { sandbox, simulation: world, platform: machine, target, isAltered, outcomes: seen };
    if (by.kind === "stream") return streamSource(by, context);
    if (by.kind === "schedule") return scheduleSource(by, context);
    if (by.kind === "request") {
      if (requests === undefined) throw new Error(`${scenario.name}: begin must say which requests are made`);
      return requestSource({ ...by, ...requests }, context);
    }
    return queueSource(by, context);
  }
}

function toldOf(call: Call): Partial<ToldCall> {
  return call.command === answerCommand
    ? {}
    : {
        name: callName(call),
        message: call.belongs?.message?.id,
        ...callSite(call.stack),
      };
}

/** What the other side says no to has not happened there. */
function isRefused(output: unknown): boolean {
  return output instanceof Response && output.status >= 400 && output.status < 500;
}

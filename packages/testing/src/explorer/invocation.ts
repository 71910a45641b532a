// The platform of explored functions: gives an event to a process that is warm and free, or to a new one, and ends
// those that take longer than their time.

import type { Context } from "aws-lambda";
import { answerCommand } from "./call.ts";
import { enterEnvironment } from "./entered-environment.ts";
import { type ExploredProcess, runAs, stopProcess } from "./process-identity.ts";
import type { Handler, Program } from "./program.ts";
import type { Simulation } from "./simulation.ts";

export interface ExploredFunction {
  readonly program: Program;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** `lost`: the process died, took too long or is frozen, or its answer did not arrive. */
export type Answer =
  | { readonly kind: "answered"; readonly response: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "lost" };

export interface Invocation {
  readonly process: ExploredProcess;
  readonly target: ExploredFunction;
  readonly event: unknown;
  answer: Answer | undefined;
  readonly answered: Promise<Answer>;
}

export interface Platform {
  start(target: ExploredFunction, event: unknown): Invocation;
  /** Starts it and lets everything explored go on until nobody has work. */
  invoke(target: ExploredFunction, event: unknown): Promise<Answer>;
  /** Lets everything explored go on until nobody has work. */
  settle(): Promise<void>;
  /** What a process is working on. */
  workOf(process: ExploredProcess): Invocation | undefined;
  /** Lets frozen processes go on; false when there are none. */
  thaw(): Promise<boolean>;
}

interface Environment {
  readonly process: ExploredProcess;
  readonly handler: Handler;
  busy: boolean;
}

export function platform(simulation: Simulation): Platform {
  const environments = new Map<ExploredFunction, Environment[]>();
  const invocations = new Set<Invocation>();
  const frozen = new Set<ExploredProcess>();
  const thawed = new Set<ExploredProcess>();
  /** Owns the timers of the platform itself. */
  const ground: ExploredProcess = { name: "platform", simulation, state: "running", onStop: () => undefined };
  return {
    start,
    settle,
    workOf: (process) => [...invocations].find((one) => one.process === process),
    async invoke(target, event) {
      const invocation = start(target, event);
      await settle();
      return invocation.answer ?? { kind: "lost" };
    },
    async thaw() {
      if (frozen.size === 0) return false;
      for (const process of frozen) {
        process.state = "running";
        thawed.add(process);
      }
      frozen.clear();
      await simulation.drive(() => thawed.size === 0);
      return true;
    },
  };

  function start(target: ExploredFunction, event: unknown): Invocation {
    const environment = freeEnvironment(target);
    const { process } = environment;
    environment.busy = true;
    const ended = Promise.withResolvers<Answer>();
    const invocation: Invocation = { process, target, event, answer: undefined, answered: ended.promise };
    invocations.add(invocation);
    const endsAtMs = simulation.nowMs() + target.timeoutMs;
    const noTimeout = simulation.addTimer({ process: ground, atMs: endsAtMs, fire: timeOut });
    process.onStop = () => end({ kind: "lost" });
    runAs(process, () => answerOf(environment, event, contextOf(simulation, endsAtMs))).then(end);
    return invocation;

    function end(answer: Answer): void {
      noTimeout();
      thawed.delete(process);
      if (process.state === "frozen") frozen.add(process); // perhaps for the second time
      environment.busy = false;
      if (!invocations.delete(invocation)) return;
      invocation.answer = answer;
      ended.resolve(answer);
    }

    function timeOut(): void {
      if (process.state === "running") stopProcess(process, "killed");
    }
  }

  async function settle(): Promise<void> {
    await simulation.drive(() => invocations.size === 0);
  }

  function freeEnvironment(target: ExploredFunction): Environment {
    const all = environments.get(target) ?? [];
    environments.set(target, all);
    const warm = all.find(({ process, busy }) => process.state === "running" && !busy);
    if (warm) return warm;
    const name = all.length === 0 ? target.program.name : `${target.program.name} (${all.length + 1})`;
    const process: ExploredProcess = { name, simulation, state: "running", onStop: () => undefined };
    target.program.requireLoadable?.(target.environment);
    enterEnvironment(target.environment);
    const environment = { process, handler: runAs(process, () => target.program.start()), busy: false };
    all.push(environment);
    return environment;
  }
}

/** The answer is on its way like any call: it may be lost, and the process may die before it is sent. */
async function answerOf(
  { handler, process }: Environment,
  event: unknown,
  context: Context,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = { kind: "answered", response: await handler(event, context) };
  } catch (error) {
    answer = { kind: "failed", error };
  }
  try {
    const logical = {};
    const wanted = { process, command: answerCommand, input: answer, logical };
    await process.simulation.gate(wanted, {
      perform: async () => ({ output: undefined, response: undefined }),
      hang: async () => ({ output: undefined, response: undefined }),
    });
    return answer;
  } catch {
    return { kind: "lost" };
  }
}

function contextOf(simulation: Simulation, endsAtMs: number): Context {
  return {
    awsRequestId: crypto.randomUUID(),
    callbackWaitsForEmptyEventLoop: false,
    functionName: "explored",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:explored",
    memoryLimitInMB: "128",
    logGroupName: "/aws/lambda/explored",
    logStreamName: "explored",
    getRemainingTimeInMillis: () => endsAtMs - simulation.nowMs(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

// One execution environment: loads one function into a process of its own and runs one event at a time.
//
//   Over its deadline the process is killed, not asked. A dead process ends what it was doing as `killed`; an
//   environment whose process is dead or doomed is never used again.

import { setImmediate } from "node:timers/promises";
import type { InvocationError, InvocationOptions } from "../model/invocation.ts";
import type { FunctionEndpoints, LocalFunction } from "../model/model.ts";
import { firstOf } from "./first-of.ts";
import { type Said, startFunctionProcess } from "./function-process.ts";

export interface ExecutionEnvironment {
  readonly processId: number;
  /** False once the process is dead or doomed. */
  readonly alive: boolean;
  run(invocation: OneInvocation): Promise<Ended>;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface OneInvocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly kill?: InvocationOptions["kill"] | undefined;
}

export interface Ended {
  readonly outcome: "ok" | "error" | "timeout" | "killed";
  readonly response?: unknown;
  readonly error?: InvocationError;
}

export interface NodeOptions {
  readonly flags: readonly string[];
  /** Absent: as long as Lambda waits. */
  readonly initMsMax?: number;
}

export interface EnvironmentOptions {
  readonly fn: LocalFunction;
  readonly endpoints: FunctionEndpoints;
  readonly node?: NodeOptions;
  /** How much longer than it says a timeout is, asked as each begins. Absent: it is not. */
  readonly stretch?: (() => number) | undefined;
  readonly onLine: (requestId: string, line: string) => void;
  readonly onExit: () => void;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: the init phase is limited to 10 s */
const INIT_MS_MAX = 10_000;

export function startExecutionEnvironment({
  fn,
  endpoints,
  node: { flags, initMsMax = INIT_MS_MAX } = { flags: [] },
  stretch = () => 1,
  onLine,
  onExit,
}: EnvironmentOptions): ExecutionEnvironment {
  const started = startFunctionProcess({ fn, endpoints, flags, onLine: (line) => onLine(requestId, line) });
  const { gone, next, exitReason } = started;
  let requestId = "init";
  let doomed = false;
  gone.then(() => {
    doomed = true;
    onExit();
  });

  const initialized = initialize();

  async function initialize(): Promise<Ended | undefined> {
    const afterMs = initMsMax * stretch();
    const first = await firstOf<Said | "gone", "late">([next(), gone], [{ afterMs, is: "late" }]);
    if (typeof first === "object" && "ready" in first) return undefined;
    await kill();
    if (first === "late") {
      const message = `${fn.path}: the handler was not loaded within ${Math.round(afterMs)} ms`;
      return { outcome: "timeout", error: { type: "Sandbox.Timedout", message } };
    }
    if (typeof first === "object" && "initError" in first) {
      const { message, ...rest } = first.initError;
      const named = `${fn.path}: ${fn.handler} in ${fn.codeDirectory} cannot be loaded: ${message}`;
      return { outcome: "error", error: { ...rest, message: named } };
    }
    return { outcome: "killed", error: exited(`${fn.path}, while it was loaded:`) };
  }

  async function run(invocation: OneInvocation): Promise<Ended> {
    const failed = await initialized;
    if (failed) return failed;
    ({ requestId } = invocation);
    const timeoutMs = Math.round(fn.timeoutMs * stretch());
    const deadlineMs = Date.now() + timeoutMs;
    const request = { requestId, deadlineMs, invokedFunctionArn: fn.arn, event: invocation.event };
    started.say(request);
    const answer = await firstOf<Said | "gone", "late" | "kill">(
      [next(), gone],
      [
        { afterMs: timeoutMs, is: "late" },
        ...(typeof invocation.kill === "object" ? [{ ...invocation.kill, is: "kill" as const }] : []),
      ],
    );
    if (typeof answer !== "object" || invocation.kill === "on-response") {
      await kill();
      return answer === "late"
        ? timedOut(requestId, timeoutMs)
        : { outcome: "killed", error: exited(`RequestId: ${requestId}`) };
    }
    await setImmediate(); // lines written before the response are read before the next request takes their id
    return "error" in answer
      ? { outcome: "error", error: answer.error }
      : { outcome: "ok", response: "response" in answer ? answer.response : null };
  }

  function timedOut(requestId: string, afterMs: number): Ended {
    const message = `RequestId: ${requestId} Error: Task timed out after ${(afterMs / 1000).toFixed(2)} seconds`;
    return { outcome: "timeout", error: { type: "Sandbox.Timedout", message } };
  }

  function exited(who: string): InvocationError {
    return { type: "Runtime.ExitError", message: `${who} Error: Runtime exited with error: ${exitReason()}` };
  }

  async function kill(): Promise<void> {
    doomed = true;
    started.kill();
    await gone;
  }

  return {
    processId: started.processId,
    get alive() {
      return !doomed;
    },
    run,
    kill,
  };
}

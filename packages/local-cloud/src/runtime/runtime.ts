// The Lambda service of the local cloud: finds or starts an execution environment, runs one invocation in it.
//
//   An environment runs one invocation at a time. A warm one is used again; a new one starts when all are busy. While every
//   processor is at work, a moment's wait for a warm one costs less than a start, which is as much work as several messages.
//   The caller limits how many run at once (SQS: maximumConcurrency; stream: one a shard; schedule: one).

import { randomUUID } from "node:crypto";
import type { Emit, InvocationEvent } from "../model/events.ts";
import {
  type InvocationOptions,
  type InvocationResult,
  type Invoke,
  THROTTLED,
} from "../model/invocation.ts";
import type { FunctionEndpoints, LocalFunction } from "../model/model.ts";
import {
  type ExecutionEnvironment,
  type NodeOptions,
  startExecutionEnvironment,
} from "./execution-environment.ts";
import { poolOfEnvironments } from "./pool.ts";

export interface Runtime {
  readonly invoke: Invoke;
  /** Loads a function into a process, so that its first invocation need not wait for one. */
  warmUp(functionArn: string): void;
  /** Every process that runs now. */
  processIds(): number[];
  /** Kills the processes of a function that are at work, by its construct path. @returns their requests */
  killAtWork(path: string): string[];
  /** Kills every process; what still runs ends as `killed`. */
  stop(): Promise<void>;
}

export interface RuntimeOptions {
  readonly functions: readonly LocalFunction[];
  /** What functions find in `AWS_ENDPOINT_URL_*`. */
  readonly endpoints: FunctionEndpoints;
  readonly onEvent?: Emit;
  /** Absent: a process stays as long as this does, and as many start as there are invocations at once. */
  readonly thrift?: Thrift;
  /** How much longer than it says a timeout is, asked as each begins. Absent: it is not. */
  readonly stretch?: () => number;
  /** For the Node of each process. With a debugger the handler may take its time to load. */
  readonly node?: NodeOptions;
}

export interface Thrift {
  /** How many invocations at once keep the machine busy: its processors. */
  readonly busyFrom: number;
  /** How long an invocation then waits for a process of its function, where there is one, before it gets one of its own. */
  readonly waitMsMax: number;
  /** How long a process may be idle before it ends. */
  readonly idleMsMax: number;
}

const LAVISH: Thrift = {
  busyFrom: Number.POSITIVE_INFINITY,
  waitMsMax: 0,
  idleMsMax: Number.POSITIVE_INFINITY,
};

export function createRuntime({
  functions,
  endpoints,
  thrift = LAVISH,
  stretch = () => 1,
  node,
  onEvent = () => undefined,
}: RuntimeOptions): Runtime {
  const pools = new Map(
    functions.map((fn) => [fn.arn, { fn, environments: poolOfEnvironments(thrift.idleMsMax), atWork: 0 }]),
  );
  const running = new Set<ExecutionEnvironment>();
  const busy = new Map<string, { readonly path: string; readonly environment: ExecutionEnvironment }>();
  let stopped = false;

  async function invoke(
    functionArn: string,
    event: unknown,
    options: InvocationOptions = {},
  ): Promise<InvocationResult> {
    const requestId = randomUUID();
    if (stopped) return { requestId, outcome: "killed", error: RUNTIME_STOPPED };
    const pool = poolOf(functionArn);
    const { fn, environments } = pool;
    if (pool.atWork >= (fn.reservedConcurrency ?? Number.POSITIVE_INFINITY)) return throttled(fn, requestId);
    pool.atWork++;
    const mayWait = busy.size >= thrift.busyFrom && environments.size > 0 && !options.atOnce;
    const warm =
      environments.take() ??
      (mayWait ? await environments.takeWithin(thrift.waitMsMax * stretch()) : undefined);
    if (stopped) return { requestId, outcome: "killed", error: RUNTIME_STOPPED };
    const environment = warm ?? start(fn);
    const startedMs = performance.now();
    busy.set(requestId, { path: fn.path, environment });
    onEvent({ kind: "started", path: fn.path, requestId, processId: environment.processId, event });
    const ended = await environment.run({ requestId, event, kill: options.kill });
    busy.delete(requestId);
    pool.atWork--;
    if (environment.alive) environments.putBack(environment);
    const result: InvocationResult = { requestId, ...ended };
    onEvent({
      kind: "invocation",
      functionName: fn.functionName,
      path: fn.path,
      requestId,
      processId: environment.processId,
      records: options.records ?? 1,
      outcome: ended.outcome,
      failures: failuresOf(result, options.records ?? 1),
      durationMs: Math.round(performance.now() - startedMs),
      coldStart: warm === undefined,
      ...(ended.error && { error: { type: ended.error.type, message: ended.error.message } }),
    } satisfies InvocationEvent);
    return result;
  }

  /** It did not run: nothing but the log tells of it. */
  function throttled({ path, reservedConcurrency }: LocalFunction, requestId: string): InvocationResult {
    const message = `Rate Exceeded: ${reservedConcurrency} of ${path} may run at once`;
    onEvent({ kind: "log", path, requestId, line: message });
    return { requestId, outcome: "error", error: { type: THROTTLED, message } };
  }

  function start(fn: LocalFunction): ExecutionEnvironment {
    const { environments } = poolOf(fn.arn);
    const environment = startExecutionEnvironment({
      fn,
      endpoints,
      ...(node && { node }),
      stretch,
      onLine: (requestId, line) => onEvent({ kind: "log", path: fn.path, requestId, line }),
      onExit: () => {
        running.delete(environment);
        environments.remove(environment);
      },
    });
    running.add(environment);
    environments.add(environment);
    return environment;
  }

  function poolOf(functionArn: string) {
    const pool = pools.get(functionArn);
    if (pool) return pool;
    throw new Error(
      `There is no function ${functionArn}; there are: ${[...pools.keys()].join(", ") || "none"}`,
    );
  }

  return {
    invoke,
    warmUp(functionArn) {
      const { fn, environments } = poolOf(functionArn);
      environments.putBack(start(fn));
    },
    processIds: () => [...running].map(({ processId }) => processId),
    killAtWork(path) {
      const doomed = [...busy].filter(([, one]) => one.path === path);
      for (const [, { environment }] of doomed) void environment.kill();
      return doomed.map(([requestId]) => requestId);
    },
    stop: async () => {
      stopped = true;
      await Promise.all([...running].map((environment) => environment.kill()));
    },
  };
}

const RUNTIME_STOPPED = { type: "LocalCloud.Stopped", message: "The local cloud has stopped." };

/** Counts what the event sources would read; that they judge the response themselves is on purpose. */
function failuresOf({ outcome, response }: InvocationResult, records: number): number {
  if (outcome !== "ok") return records;
  const failures =
    typeof response === "object" && response && "batchItemFailures" in response && response.batchItemFailures;
  return Array.isArray(failures) ? failures.length : 0;
}

// The execution environments of one function between invocations.
//
//   The one used last is used first, so those that are too many stay idle, and idle ones end.

import type { ExecutionEnvironment } from "./execution-environment.ts";

export interface Pool {
  /** All that live, idle or at work. */
  readonly size: number;
  add(environment: ExecutionEnvironment): void;
  /** An idle one. */
  take(): ExecutionEnvironment | undefined;
  /** The next that is idle; undefined when none is within the time. */
  takeWithin(ms: number): Promise<ExecutionEnvironment | undefined>;
  putBack(environment: ExecutionEnvironment): void;
  remove(environment: ExecutionEnvironment): void;
}

type Waiting = (environment: ExecutionEnvironment) => void;

/** @param idleMsMax how long one may be idle before it ends */
export function poolOfEnvironments(idleMsMax: number): Pool {
  const all = new Set<ExecutionEnvironment>();
  const idle: { readonly environment: ExecutionEnvironment; readonly end?: NodeJS.Timeout }[] = [];
  const waiting: Waiting[] = [];

  function take(): ExecutionEnvironment | undefined {
    const { environment, end } = idle.pop() ?? {};
    clearTimeout(end);
    return environment;
  }

  function remove(environment: ExecutionEnvironment): void {
    all.delete(environment);
    const place = idle.findIndex((one) => one.environment === environment);
    if (place === -1) return;
    for (const { end } of idle.splice(place, 1)) clearTimeout(end);
  }

  return {
    get size() {
      return all.size;
    },
    add: (environment) => void all.add(environment),
    take,
    takeWithin: (ms) =>
      new Promise((resolve) => {
        const give: Waiting = (environment) => {
          clearTimeout(late);
          resolve(environment);
        };
        const late = setTimeout(() => {
          waiting.splice(waiting.indexOf(give), 1);
          resolve(undefined);
        }, ms);
        waiting.push(give);
      }),
    putBack(environment) {
      const next = waiting.shift();
      if (next) return next(environment);
      if (!Number.isFinite(idleMsMax)) return void idle.push({ environment });
      const end = setTimeout(() => {
        remove(environment);
        void environment.kill();
      }, idleMsMax).unref();
      idle.push({ environment, end });
    },
    remove,
  };
}

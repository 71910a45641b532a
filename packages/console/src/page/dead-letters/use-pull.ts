// A run of a dead letter on this machine, as it goes on.

import { useEffect, useState } from "preact/hooks";
import type { PullRun } from "../../api/pull.ts";
import { get, post } from "../server/requests.ts";
import { announce } from "../shell/announce.ts";

export interface RunningPull {
  readonly run: PullRun | undefined;
  readonly error: Error | undefined;
  readonly isRunning: boolean;
  readonly begin: (inspect: boolean) => void;
  readonly stop: () => void;
  /** With the values of what changed. */
  readonly showValues: () => void;
}

const ASK_MS = 700;

export function usePull(key: string): RunningPull {
  const [run, setRun] = useState<PullRun>();
  const [error, setError] = useState<Error>();
  const id = run?.id;
  const isRunning = run?.state === "running";

  useEffect(() => {
    if (id === undefined || !isRunning) return;
    const timer = setInterval(() => void get<PullRun>("pull", { id }).then(setRun, setError), ASK_MS);
    return () => clearInterval(timer);
  }, [id, isRunning]);
  useEffect(() => {
    if (run && run.state !== "running") announce(run.error ?? `It ended: ${run.result?.outcome}`);
  }, [run?.state]);

  function begin(inspect: boolean): void {
    setError(undefined);
    post<PullRun>("pull/begin", { key, inspect }).then(setRun, setError);
  }
  return {
    ...{ run, error, isRunning, begin },
    stop: () => void post<PullRun>("pull/stop", { id }).then(setRun, setError),
    showValues: () => void get<PullRun>("pull", { id, values: true }).then(setRun, setError),
  };
}

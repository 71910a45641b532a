// A run of a dead letter on this machine, as it goes on. One that runs already, begun before this page was loaded, is taken over.

import { useEffect, useRef, useState } from "preact/hooks";
import type { PullRun } from "../../api/pull.ts";
import { get, post } from "../server/requests.ts";
import { announce } from "../shell/announce.ts";

export interface RunningPull {
  /** Of another dead letter only while it runs: nothing else can be run then. */
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
  const [last, setRun] = useState<PullRun>();
  const [error, setError] = useState<Error>();
  const [isBeginning, setIsBeginning] = useState(true);
  const isClosed = useRef(false);
  const id = last?.id;
  const isAtWork = last?.state === "running";
  const run = isAtWork || last?.key === key ? last : undefined;

  useEffect(() => {
    get<readonly PullRun[]>("pulls")
      .then(([running]) => setRun(running), setError)
      .finally(() => setIsBeginning(false));
    return () => {
      isClosed.current = true;
    };
  }, []);
  useEffect(() => {
    if (id === undefined || !isAtWork) return;
    const timer = setInterval(() => void get<PullRun>("pull", { id }).then(setRun, setError), ASK_MS);
    return () => clearInterval(timer);
  }, [id, isAtWork]);
  useEffect(() => {
    if (run && run.state !== "running") announce(run.error ?? `It ended: ${run.result?.outcome}`);
  }, [run?.state]);

  function begin(inspect: boolean): void {
    setError(undefined);
    setIsBeginning(true);
    post<PullRun>("pull/begin", { key, inspect })
      .then((begun) => {
        // The dialog was closed before the answer came: nobody waits for the run.
        if (isClosed.current) void post<PullRun>("pull/stop", { id: begun.id }).catch(() => undefined);
        else setRun(begun);
      }, setError)
      .finally(() => setIsBeginning(false));
  }
  return {
    ...{ run, error, isRunning: isAtWork || isBeginning, begin },
    stop: () => void post<PullRun>("pull/stop", { id }).then(setRun, setError),
    showValues: () => void get<PullRun>("pull", { id, values: true }).then(setRun, setError),
  };
}

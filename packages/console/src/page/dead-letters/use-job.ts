// A redrive or discard as it goes on: begun by a request, followed by the stream, and asked for where the stream is silent.

import { useCallback, useEffect, useState } from "preact/hooks";
import type { Job } from "../../api/dead-letter.ts";
import { jobs, keepJob } from "../server/live.ts";
import { get, post } from "../server/requests.ts";
import { announce } from "../shell/announce.ts";
import { jobSentence } from "./job-progress.tsx";

export interface RunningJob {
  readonly job: Job | undefined;
  readonly error: Error | undefined;
  readonly isRunning: boolean;
  /** The real one has ended. */
  readonly isDone: boolean;
  readonly begin: (what: Job["what"], request: object) => Promise<void>;
}

const ASK_MS = 1_000;

export function useJob(): RunningJob {
  const [id, setId] = useState<string>();
  const [error, setError] = useState<Error>();
  const job = id === undefined ? undefined : jobs.value[id];
  const isRunning = job?.state === "running";

  useEffect(() => {
    if (id === undefined || !isRunning) return;
    const timer = setInterval(() => {
      get<Job>("job", { id }).then(keepJob, setError);
    }, ASK_MS);
    return () => clearInterval(timer);
  }, [id, isRunning]);
  useEffect(() => {
    if (job && !isRunning) announce(jobSentence(job));
  }, [job, isRunning]);

  const begin = useCallback(async (what: Job["what"], request: object) => {
    setError(undefined);
    try {
      const begun = await post<Job>(`dead-letters/${what}`, request);
      keepJob(begun);
      setId(begun.id);
    } catch (cause) {
      setError(cause as Error);
    }
  }, []);
  return { job, error, isRunning, isDone: job !== undefined && !job.dryRun && !isRunning, begin };
}

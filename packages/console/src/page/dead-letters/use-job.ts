// A redrive or discard as it goes on: begun by a request, followed by the stream, and asked for where the stream is silent.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Job } from "../../api/dead-letter.ts";
import { jobs, keepJob } from "../server/live.ts";
import { get, post } from "../server/requests.ts";
import { announce } from "../shell/announce.ts";
import { jobSentence } from "./job-progress.tsx";

export interface RunningJob {
  readonly job: Job | undefined;
  readonly error: Error | undefined;
  /** From the click on: the answer that it has begun takes as long as a read of the queues. */
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
  const [isBeginning, setIsBeginning] = useState(false);
  const beginning = useRef(false);
  const isRunning = isBeginning || job?.state === "running";

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
    if (beginning.current) return;
    beginning.current = true;
    setIsBeginning(true);
    setError(undefined);
    try {
      const begun = await post<Job>(`dead-letters/${what}`, request);
      keepJob(begun);
      setId(begun.id);
    } catch (cause) {
      setError(cause as Error);
    } finally {
      beginning.current = false;
      setIsBeginning(false);
    }
  }, []);
  return { job, error, isRunning, isDone: job !== undefined && !job.dryRun && !isRunning, begin };
}

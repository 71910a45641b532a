// The redrives and discards that change something now, also those of another page, or of this one before it was loaded again.

import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../api/dead-letter.ts";
import { jobs, keepJob, missedEvents } from "../server/live.ts";
import { get } from "../server/requests.ts";
import { useLoad } from "../server/use-load.ts";
import { JobProgress } from "./job-progress.tsx";

const words: Readonly<Record<Job["what"], string>> = { redrive: "A redrive", discard: "A discard" };

/** For one whose end the stream has told while this page was away. */
const ASK_MS = 2_000;

export function RunningJobs() {
  const { value } = useLoad<readonly Job[]>("jobs", {}, missedEvents.value);
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => value?.forEach(keepJob), [value]);
  const changing = Object.values(jobs.value).filter(({ dryRun }) => !dryRun);
  const running = changing.filter(({ state }) => state === "running").map(({ id }) => id);
  useEffect(() => {
    if (running.some((id) => !seen.has(id))) setSeen(new Set([...seen, ...running]));
  }, [running.join(" ")]);
  useEffect(() => {
    if (running.length === 0) return;
    const ask = () => running.forEach((id) => void get<Job>("job", { id }).then(keepJob, () => undefined));
    const timer = setInterval(ask, ASK_MS);
    return () => clearInterval(timer);
  }, [running.join(" ")]);
  // One that ends is shown until the view is left: its last sentence says how.
  const shown = changing.filter(({ id }) => seen.has(id));
  if (shown.length === 0) return null;
  return (
    <ul class="running-jobs" aria-label="Redrives and discards">
      {shown.map((job) => (
        <li key={job.id}>
          <b>{words[job.what]}</b> {job.state === "running" ? "is running" : "has ended"}
          <JobProgress job={job} />
        </li>
      ))}
    </ul>
  );
}

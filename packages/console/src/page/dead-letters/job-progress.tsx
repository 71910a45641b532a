// How far a redrive or discard is, and in the end its sums.

import type { Job } from "../../api/dead-letter.ts";

export function JobProgress({ job }: { readonly job: Job }) {
  const { done, total, state, error } = job;
  return (
    <div class="progress">
      <progress max={total ?? 1} value={state === "running" ? done : (total ?? 1)} aria-label="Progress" />
      <p>{jobSentence(job)}</p>
      {error && <p class="errors">{error}</p>}
    </div>
  );
}

/** `12 would be sent back, 2 would be left.` */
export function jobSentence({ dryRun, state, done, total, counts }: Job): string {
  if (state === "running")
    return `${dryRun ? "Dry run" : "Working"}: ${done}${total === undefined ? "" : ` of ${total}`}`;
  if (state === "failed") return `Stopped after ${done}.`;
  const would = dryRun ? "would be " : "";
  const parts = [
    counts["sent-back"] > 0 && `${counts["sent-back"]} ${would}sent back`,
    counts.removed > 0 && `${counts.removed} ${would}removed: processed already`,
    counts.discarded > 0 && `${counts.discarded} ${would}discarded`,
    counts.left > 0 && `${counts.left} ${would}left`,
  ].filter(Boolean);
  return parts.length === 0 ? "Nothing matched any more." : `${parts.join(", ")}.`;
}

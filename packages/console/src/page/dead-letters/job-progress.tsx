// How far a redrive or discard is, and in the end its sums.

import type { Job } from "../../api/dead-letter.ts";
import { Missing } from "../widgets/missing.tsx";

export function JobProgress({ job }: { readonly job: Job }) {
  const { done, total, state, error, unread } = job;
  return (
    <div class="progress">
      <progress max={total ?? 1} value={state === "running" ? done : (total ?? 1)} aria-label="Progress" />
      <p>{jobSentence(job)}</p>
      {error && <p class="errors">{error}</p>}
      {unread.length > 0 && <p class="notice wait">Not all dead letters could be read.</p>}
      <Missing sentences={unread} />
    </div>
  );
}

/** `12 would be sent back, 2 would be left.` */
export function jobSentence({ dryRun, state, done, total, counts, untouched = 0, unread }: Job): string {
  if (state === "running")
    return `${dryRun ? "Dry run" : "Working"}: ${done}${total === undefined ? "" : ` of ${total}`}`;
  if (state === "failed") return `Stopped after ${done}.`;
  const would = dryRun ? "would be " : "";
  const parts = [
    counts["sent-back"] > 0 && `${counts["sent-back"]} ${would}sent back`,
    counts.removed > 0 && `${counts.removed} ${would}removed: processed already`,
    counts.discarded > 0 && `${counts.discarded} ${would}discarded`,
    counts.left > 0 && `${counts.left} ${would}left`,
    untouched > 0 && `${untouched} of the dry run ${untouched === 1 ? "was" : "were"} not found any more`,
  ].filter(Boolean);
  if (parts.length > 0) return `${parts.join(", ")}.`;
  return unread.length > 0 ? "Nothing that could be read matched." : "Nothing matched any more.";
}

// A redrive: its dry run begins at once and says what would happen to each; then the real one, with its progress.

import { useEffect, useState } from "preact/hooks";
import type { Selection } from "../../api/dead-letter.ts";
import { mayChange } from "../shell/about.ts";
import { Check } from "../widgets/check.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Failure } from "../widgets/failure.tsx";
import { countText } from "../widgets/time-text.ts";
import { JobProgress } from "./job-progress.tsx";
import { JobResults } from "./job-results.tsx";
import { useJob } from "./use-job.ts";

export interface HealDialogProps {
  readonly selection: Selection;
  readonly count: number;
  readonly described: string;
  readonly needsTrust: boolean;
  readonly onClose: () => void;
}

export function RedriveDialog({ selection, count, described, onClose }: HealDialogProps) {
  const { job, error, begin, isRunning, isDone } = useJob();
  const [force, setForce] = useState(false);
  const run = (dryRun: boolean, forced = force) =>
    begin("redrive", { selection, dryRun, ...(forced && { force: true }) });
  useEffect(() => void run(true), []);

  const moved = job ? job.done - job.counts.left : 0;
  return (
    <Dialog title={`Redrive ${described}`} onClose={onClose}>
      <p class="quiet">
        The evidence of {countText(count, "message")} is checked. One that was processed already is removed
        and not sent.
      </p>
      <Failure error={error} retry={() => void run(true)} />
      {job && <JobProgress job={job} />}
      {job && <JobResults results={job.results} />}
      {!isDone && (force || (job?.counts.left ?? 0) > 0) && (
        <Check
          checked={force}
          disabled={isRunning}
          onChange={(next) => {
            setForce(next);
            void run(true, next);
          }}
        >
          Send also those that would be left
        </Check>
      )}
      {isDone ? (
        <footer>
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        </footer>
      ) : (
        <footer>
          <button
            type="button"
            class="primary"
            disabled={!job || isRunning || !mayChange() || moved === 0}
            onClick={() => void run(false)}
          >
            {job && !isRunning ? `Redrive ${moved} now` : "Redrive"}
          </button>
          {!mayChange() && <span class="quiet">This console is read-only: only the dry run is allowed.</span>}
        </footer>
      )}
    </Dialog>
  );
}

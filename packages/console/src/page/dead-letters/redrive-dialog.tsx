// A redrive: its dry run begins at once and says what would happen to each; then the real one, with its progress.

import { useEffect, useState } from "preact/hooks";
import type { Job, RedriveRequest, Selection } from "../../api/dead-letter.ts";
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
  const dryRun = (forced = force) =>
    void begin("redrive", {
      selection,
      dryRun: true,
      ...(forced && { force: true }),
    } satisfies RedriveRequest);
  const run = ({ id }: Job) => void begin("redrive", { dryRun: false, job: id } satisfies RedriveRequest);
  useEffect(() => dryRun(), []);

  const moved = job ? job.done - job.counts.left : 0;
  return (
    <Dialog title={`Redrive ${described}`} onClose={onClose}>
      <p class="quiet">
        The evidence of {countText(count, "message")} is checked. One that was processed already is removed
        and not sent.
      </p>
      <Failure error={error} retry={() => dryRun()} />
      {job && <JobProgress job={job} />}
      {job && <JobResults job={job} />}
      {!isDone && (force || (job?.counts.left ?? 0) > 0) && (
        <Check
          checked={force}
          disabled={isRunning}
          onChange={(next) => {
            setForce(next);
            dryRun(next);
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
            onClick={() => job && run(job)}
          >
            {job && !isRunning ? `Redrive ${moved} now` : "Redrive"}
          </button>
          {!mayChange() && <span class="quiet">This console is read-only: only the dry run is allowed.</span>}
        </footer>
      )}
    </Dialog>
  );
}

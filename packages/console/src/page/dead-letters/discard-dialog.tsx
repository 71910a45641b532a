// A discard: the reason first, then its dry run, then the real one.

import { useState } from "preact/hooks";
import type { DiscardRequest, Job } from "../../api/dead-letter.ts";
import { Check } from "../widgets/check.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Failure } from "../widgets/failure.tsx";
import { ReasonField } from "../widgets/reason-field.tsx";
import { JobProgress } from "./job-progress.tsx";
import { JobResults } from "./job-results.tsx";
import type { HealDialogProps } from "./redrive-dialog.tsx";
import { useJob } from "./use-job.ts";

export function DiscardDialog({ selection, described, needsTrust, onClose }: HealDialogProps) {
  const { job, error, begin, isRunning, isDone } = useJob();
  const [trust, setTrust] = useState(false);
  const [because, setBecause] = useState("");
  const reason = because.trim();
  const dryRun = (trusted = trust) =>
    void begin("discard", {
      ...{ selection, dryRun: true, because: reason },
      ...(trusted && { trust: true }),
    } satisfies DiscardRequest);
  const run = ({ id }: Job) =>
    void begin("discard", { dryRun: false, job: id, because: reason } satisfies DiscardRequest);

  return (
    <Dialog title={`Discard ${described}`} onClose={onClose}>
      <p class="quiet">
        A discarded message takes no effect, also if another copy arrives later. The reason is kept with the
        record.
      </p>
      {!isDone && <ReasonField value={because} onChange={setBecause} />}
      {needsTrust && !isDone && (
        <Check
          checked={trust}
          disabled={isRunning}
          onChange={(next) => {
            setTrust(next);
            if (job) dryRun(next);
          }}
        >
          I trust this message although its signature is not valid
        </Check>
      )}
      <Failure error={error} />
      {job && <JobProgress job={job} />}
      {job && <JobResults job={job} />}
      {isDone ? (
        <footer>
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        </footer>
      ) : (
        <footer>
          <button type="button" disabled={reason === "" || isRunning} onClick={() => dryRun()}>
            Dry run
          </button>
          <button
            type="button"
            class="danger"
            disabled={!job || isRunning || reason === "" || job.counts.discarded === 0}
            onClick={() => job && run(job)}
          >
            {job && !isRunning ? `Discard ${job.counts.discarded} now` : "Discard"}
          </button>
        </footer>
      )}
    </Dialog>
  );
}

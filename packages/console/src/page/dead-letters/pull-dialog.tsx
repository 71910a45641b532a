// Handles a dead letter of a stage on this machine: what that is, how it goes, what the stage would keep.

import { useState } from "preact/hooks";
import { Check } from "../widgets/check.tsx";
import { Dialog } from "../widgets/dialog.tsx";
import { Failure } from "../widgets/failure.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { PullResultView } from "./pull-result.tsx";
import { usePull } from "./use-pull.ts";

interface PullDialogProps {
  readonly deadLetterKey: string;
  readonly onClose: () => void;
  /** The reader wants to send it back. */
  readonly onRedrive: () => void;
}

export function PullDialog({ deadLetterKey, onClose, onRedrive }: PullDialogProps) {
  const { run, error, isRunning, begin, stop, showValues } = usePull(deadLetterKey);
  const [inspect, setInspect] = useState(false);
  const result = run?.result;
  const isOther = run !== undefined && run.key !== deadLetterKey;
  function close(): void {
    if (run?.state === "running" && !isOther) stop();
    onClose();
  }
  return (
    <Dialog title="Run it on this machine" onClose={close}>
      <p class="quiet">
        The handler of the app in the console's directory handles a copy of this dead letter here, in a local
        cloud of its own. It reads the items of the stage that it names; its writes stay here, and its calls
        to other services are refused. The dead letter stays where it is: nothing of the stage changes.
      </p>
      <Failure error={error} />
      {isOther && (
        <p class="notice wait">
          Another dead letter is being run here. One runs at a time: wait for it, or stop it.
        </p>
      )}
      {run?.state === "running" && (
        <ol class="pull-lines" aria-label="Progress" aria-live="polite">
          {run.lines.map((line, index) => (
            <li key={index}>{shortText(line, 400)}</li>
          ))}
          <li class="quiet">…</li>
        </ol>
      )}
      {run?.error && (
        <p class="notice bad" role="alert">
          {shortText(run.error, 1_000)}
        </p>
      )}
      {result && <PullResultView result={result} showValues={showValues} />}
      <footer>
        <button
          type="button"
          class={result ? "" : "primary"}
          disabled={isRunning}
          onClick={() => begin(inspect)}
        >
          {run?.state === "running" ? "Running…" : run ? "Run it again" : "Run it here"}
        </button>
        {run?.state === "running" && (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
        <Check checked={inspect} disabled={isRunning} onChange={setInspect}>
          Wait for a debugger
        </Check>
        {result?.outcome === "acknowledged" && (
          <button type="button" class="primary push" onClick={onRedrive}>
            Send it back…
          </button>
        )}
      </footer>
    </Dialog>
  );
}

// Pauses a consumer with a reason, and ends that.

import { useState } from "preact/hooks";
import type { ConsumerChanged } from "../../api/consumers.ts";
import type { Paused } from "../../api/flow.ts";
import { post } from "../server/requests.ts";
import { about } from "../shell/about.ts";
import { Dialog } from "../widgets/dialog.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Icon } from "../widgets/icon.tsx";
import { ReasonField } from "../widgets/reason-field.tsx";

interface PauseButtonProps {
  readonly consumer: string;
  readonly paused: Paused | undefined;
}

/** Nothing where changes are not allowed: the pause itself is shown elsewhere. */
export function PauseButton({ consumer, paused }: PauseButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const { ask, text, error, isBusy } = useChange();
  if (!about.value?.mayChange) return null;
  const isPaused = paused?.by === "hand";
  return (
    <div class="trouble-buttons">
      {isPaused ? (
        <button type="button" disabled={isBusy} onClick={() => void ask("resume", { consumer })}>
          <Icon name="running" size={13} />
          {isBusy ? "Resuming…" : "Resume"}
        </button>
      ) : (
        <button type="button" disabled={isBusy} onClick={() => setOpen(true)}>
          <Icon name="paused" size={13} />
          {isBusy ? "Pausing…" : "Pause"}
        </button>
      )}
      <span role="status" class={error ? "errors" : "quiet"}>
        {isOpen ? "" : (error?.message ?? text)}
      </span>
      {isOpen && (
        <PauseDialog
          consumer={consumer}
          isBusy={isBusy}
          error={error}
          onClose={() => setOpen(false)}
          onPause={async (because) => {
            if (await ask("pause", { consumer, because })) setOpen(false);
          }}
        />
      )}
    </div>
  );
}

interface PauseDialogProps {
  readonly consumer: string;
  readonly isBusy: boolean;
  readonly error: Error | undefined;
  readonly onPause: (because: string) => Promise<void>;
  readonly onClose: () => void;
}

function PauseDialog({ consumer, isBusy, error, onPause, onClose }: PauseDialogProps) {
  const [because, setBecause] = useState("");
  const reason = because.trim();
  return (
    <Dialog title={`Pause ${consumer}`} onClose={onClose}>
      <p class="quiet">
        It finishes what it has and receives nothing more. Messages wait in their queue and use up no attempt.
      </p>
      <ReasonField value={because} onChange={setBecause} />
      <Failure error={error} />
      <footer>
        <button
          type="button"
          class="primary"
          disabled={reason === "" || isBusy}
          onClick={() => void onPause(reason)}
        >
          {isBusy ? "Pausing…" : "Pause now"}
        </button>
      </footer>
    </Dialog>
  );
}

interface Change {
  /** True when it is done. */
  readonly ask: (what: "pause" | "resume", body: unknown) => Promise<boolean>;
  readonly text: string;
  readonly error: Error | undefined;
  readonly isBusy: boolean;
}

function useChange(): Change {
  const [state, setState] = useState<{ text: string; error?: Error; isBusy?: boolean }>({ text: "" });
  return {
    async ask(what, body) {
      setState({ text: "", isBusy: true });
      try {
        const { text } = await post<ConsumerChanged>(`consumers/${what}`, body);
        setState({ text });
        return true;
      } catch (error) {
        setState({ text: "", error: error as Error });
        return false;
      }
    },
    text: state.text,
    error: state.error,
    isBusy: state.isBusy === true,
  };
}

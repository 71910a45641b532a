// "Run it here": only where a stage is read. In the local cloud the handler runs on this machine already, and a redrive runs it.

import { useState } from "preact/hooks";
import { about } from "../shell/about.ts";
import { PullDialog } from "./pull-dialog.tsx";
import { RedriveDialog } from "./redrive-dialog.tsx";

interface PullButtonProps {
  readonly deadLetterKey: string;
  readonly disabled: boolean;
  readonly needsTrust: boolean;
}

export function PullButton({ deadLetterKey: key, disabled, needsTrust }: PullButtonProps) {
  const [opened, setOpened] = useState<"pull" | "redrive">();
  const close = () => setOpened(undefined);
  if (!about.value?.mayPull) return null;
  return (
    <>
      <button type="button" disabled={disabled} onClick={() => setOpened("pull")}>
        Run it here…
      </button>
      {opened === "pull" && (
        <PullDialog deadLetterKey={key} onClose={close} onRedrive={() => setOpened("redrive")} />
      )}
      {opened === "redrive" && (
        <RedriveDialog
          {...{ selection: { keys: [key] }, count: 1, described: "it", needsTrust }}
          onClose={close}
        />
      )}
    </>
  );
}

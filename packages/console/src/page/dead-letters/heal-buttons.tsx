// Redrive and discard, of one, some, a group or all. Each begins with its dry run.

import { useState } from "preact/hooks";
import type { Job, Selection } from "../../api/dead-letter.ts";
import { mayChange } from "../shell/about.ts";
import { DiscardDialog } from "./discard-dialog.tsx";
import { RedriveDialog } from "./redrive-dialog.tsx";

interface HealButtonsProps {
  readonly selection: Selection;
  readonly count: number;
  /** `the whole group` */
  readonly described: string;
  readonly needsTrust?: boolean;
}

export function HealButtons({ selection, count, described, needsTrust = false }: HealButtonsProps) {
  const [open, setOpen] = useState<Job["what"]>();
  const HealDialog = open === "discard" ? DiscardDialog : RedriveDialog;
  return (
    <>
      <button type="button" class="primary" disabled={count === 0} onClick={() => setOpen("redrive")}>
        Redrive {described}…
      </button>
      <button
        type="button"
        disabled={count === 0 || !mayChange()}
        title={mayChange() ? undefined : "This console is read-only"}
        onClick={() => setOpen("discard")}
      >
        Discard…
      </button>
      {open && (
        <HealDialog {...{ selection, count, described, needsTrust }} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

// Redrive and discard, of one, some, a group or all. Each begins with its dry run.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Job, Selection } from "../../api/dead-letter.ts";
import { mayChange } from "../shell/about.ts";
import { focusHeadingIn, placesAround } from "../widgets/focus.ts";
import { DiscardDialog } from "./discard-dialog.tsx";
import { RedriveDialog } from "./redrive-dialog.tsx";

interface HealButtonsProps {
  readonly selection: Selection;
  readonly count: number;
  /** `the whole group` */
  readonly described: string;
  readonly needsTrust?: boolean;
}

/** The dialog stays with the choice it was opened for: what it heals leaves the list meanwhile. */
interface Opened extends Required<HealButtonsProps> {
  readonly what: Job["what"];
}

export function HealButtons({ selection, count, described, needsTrust = false }: HealButtonsProps) {
  const [opened, setOpened] = useState<Opened>();
  const open = (what: Job["what"]) => setOpened({ what, selection, count, described, needsTrust });
  const close = () => setOpened(undefined);
  const redrive = useRef<HTMLButtonElement>(null);
  const discard = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { activeElement } = document;
    const hasFocus = activeElement === redrive.current || activeElement === discard.current;
    if (count === 0 && hasFocus) focusHeadingIn(placesAround(activeElement));
  }, [count]);
  return (
    <>
      <button
        ref={redrive}
        type="button"
        class="primary"
        disabled={count === 0}
        onClick={() => open("redrive")}
      >
        Redrive {described}…
      </button>
      <button
        ref={discard}
        type="button"
        disabled={count === 0 || !mayChange()}
        title={mayChange() ? undefined : "This console is read-only"}
        onClick={() => open("discard")}
      >
        Discard {described}…
      </button>
      {opened?.what === "redrive" && <RedriveDialog {...opened} onClose={close} />}
      {opened?.what === "discard" && <DiscardDialog {...opened} onClose={close} />}
    </>
  );
}

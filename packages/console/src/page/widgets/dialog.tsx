// A dialog of the browser: it keeps the focus inside, closes with Escape, and gives the focus back. A control that is disabled or gone
// loses the focus: it gets it back as soon as it can have it, and otherwise the button that closes gets it.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { focusHeadingIn, isLost, placesAround } from "./focus.ts";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const around = placesAround(before);
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
      if (isLost(before) && before !== document.body) focusHeadingIn(around);
    };
  }, []);
  useFocusInside(dialog);
  return (
    <dialog ref={dialog} class="dialog" tabIndex={-1} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="plain" aria-label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

function useFocusInside(dialog: { readonly current: HTMLDialogElement | null }): void {
  const last = useRef<HTMLElement>(undefined);
  useEffect(() => {
    const box = dialog.current;
    const note = ({ target }: FocusEvent) => {
      if (target !== box) last.current = target as HTMLElement;
    };
    box?.addEventListener("focusin", note);
    return () => box?.removeEventListener("focusin", note);
  }, []);
  useLayoutEffect(() => {
    const box = dialog.current;
    const { activeElement } = document;
    if (!box?.open || !last.current || (activeElement !== box && !isLost(activeElement))) return;
    if (!last.current.isConnected) box.querySelector<HTMLElement>("header button")?.focus();
    else if (last.current.matches(":disabled")) box.focus();
    else last.current.focus();
  });
}

// A text that a person types, kept beside the view that shows it: it is there again after another view, Back or another run of the
// server. Only this page remembers it, for it may hold personal data; before the page itself goes, the browser asks.

import { useState } from "preact/hooks";

const drafts = new Map<string, string>();

export interface Draft {
  readonly text: string;
  readonly isChanged: boolean;
  readonly change: (text: string) => void;
  /** It was sent, or is not wanted: the next time it begins anew. */
  readonly forget: () => void;
}

/**
 * @param of names it, within the page
 * @param begin the text without a change
 */
export function useDraft(of: string, begin: string): Draft {
  const [text, setText] = useState(drafts.get(of) ?? begin);
  return {
    text,
    isChanged: text !== begin,
    change(next) {
      if (next === begin) drop(of);
      else keep(of, next);
      setText(next);
    },
    forget: () => drop(of),
  };
}

export function hasDraft(of: string): boolean {
  return drafts.has(of);
}

function keep(of: string, text: string): void {
  drafts.set(of, text);
  addEventListener("beforeunload", ask);
}

function drop(of: string): void {
  drafts.delete(of);
  if (drafts.size === 0) removeEventListener("beforeunload", ask);
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

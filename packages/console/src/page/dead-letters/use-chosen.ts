// The dead letters that a person chose. They stay chosen when another page heals them: a button must not mean more than a moment ago.

import { useState } from "preact/hooks";

export interface Chosen {
  readonly any: boolean;
  readonly has: (key: string) => boolean;
  /** Still there, as far as is known. */
  readonly keys: readonly string[];
  /** How many have left the queue. */
  readonly left: number;
  readonly toggle: (key: string) => void;
  readonly none: () => void;
}

/** @param rows all there are, or undefined while that is not known */
export function useChosen(rows: readonly { readonly key: string }[] | undefined): Chosen {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const there = rows && new Set(rows.map(({ key }) => key));
  const keys = [...chosen].filter((key) => there?.has(key) ?? true);
  return {
    any: chosen.size > 0,
    has: (key) => chosen.has(key),
    keys,
    left: chosen.size - keys.length,
    toggle(key) {
      const next = new Set(chosen);
      if (!next.delete(key)) next.add(key);
      setChosen(next);
    },
    none: () => setChosen(new Set()),
  };
}

// A key for each entry of a list that moves with it: the input of a removed entry goes, and those after it keep theirs.

import { useRef } from "preact/hooks";

interface EntryKeys {
  readonly of: (index: number) => number | undefined;
  /** Before the entry is taken out of the list. */
  readonly remove: (index: number) => void;
}

export function useEntryKeys(length: number): EntryKeys {
  const { current } = useRef({ keys: [] as number[], next: 0 });
  while (current.keys.length < length) current.keys.push(current.next++);
  current.keys.length = length;
  return {
    of: (index) => current.keys[index],
    remove: (index) => void current.keys.splice(index, 1),
  };
}

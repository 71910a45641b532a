// Parts of a picture that are drawn again only when what they show has changed: preact passes over an element that is the same object.

import type { JSX } from "preact";
import { useRef } from "preact/hooks";

/** Returns the element that was made for the key before, as long as what it depends on is the same. */
export type Keep = (key: string, on: readonly unknown[], make: () => JSX.Element) => JSX.Element;

export function useKept(): Keep {
  const kept = useRef(new Map<string, { on: readonly unknown[]; element: JSX.Element; drawing: number }>());
  const drawing = useRef(0);
  drawing.current += 1;
  for (const [key, { drawing: of }] of kept.current) if (of < drawing.current - 1) kept.current.delete(key); // it was not in the last picture
  return function keep(key, on, make) {
    const known = kept.current.get(key);
    const isSame = known?.on.every((one, index) => Object.is(one, on[index]));
    const element = known && isSame ? known.element : make();
    kept.current.set(key, { on, element, drawing: drawing.current });
    return element;
  };
}

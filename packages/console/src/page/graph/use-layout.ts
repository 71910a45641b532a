// The layout of a picture, made anew when its nodes or edges change, and not when their numbers do.
//
//   A large one takes longer than an interaction may: the old picture stays until the new one is there.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Box, type Layout, type Line, layoutOf } from "./layout.ts";

/** So many are laid out at once. */
const AT_ONCE_MAX = 40;

export function useLayout(nodes: readonly Box[], edges: readonly Line[], first: readonly string[]): Layout {
  const shape = JSON.stringify([nodes.map(({ id, cluster }) => [id, cluster]), edges.map(({ id }) => id)]);
  const made = useRef<{ shape: string; layout: Layout }>({ shape: "", layout: layoutOf([], [], []) });
  const [, drawAgain] = useState(0);
  const latest = useRef({ nodes, edges, first });
  latest.current = { nodes, edges, first };

  if (made.current.shape !== shape && nodes.length <= AT_ONCE_MAX) {
    made.current = { shape, layout: layoutOf(nodes, edges, first) };
  }
  useEffect(() => {
    if (made.current.shape === shape) return;
    const timer = setTimeout(() => {
      const { nodes, edges, first } = latest.current;
      made.current = { shape, layout: layoutOf(nodes, edges, first) };
      drawAgain((count) => count + 1);
    });
    return () => clearTimeout(timer);
  }, [shape]);
  return made.current.layout;
}

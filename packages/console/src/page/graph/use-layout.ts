// The layout of a picture, made anew when its nodes or edges change, and not when their numbers do.
//
//   A large one takes longer than an interaction may: the old picture stays until the new one is there.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Box, type Layout, type Line, layoutOf } from "./layout.ts";

interface Drawing<Node extends Box, Edge extends Line> {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** So many are laid out at once. */
const AT_ONCE_MAX = 40;

/** Returns nodes and edges that belong to the layout. */
export function useLayout<Node extends Box, Edge extends Line>(
  given: Drawing<Node, Edge>,
  first: readonly string[],
): Drawing<Node, Edge> & { readonly layout: Layout } {
  const { nodes, edges } = given;
  const shape = JSON.stringify([nodes.map(({ id, cluster }) => [id, cluster]), edges.map(({ id }) => id)]);
  const made = useRef<{ shape: string; layout: Layout; of: Drawing<Node, Edge> }>({
    ...{ shape: "", layout: layoutOf([], [], []) },
    of: { nodes: [], edges: [] },
  });
  const latest = useRef({ given, first });
  latest.current = { given, first };
  const [, drawAgain] = useState(0);

  if (made.current.shape !== shape && nodes.length <= AT_ONCE_MAX) {
    made.current = { shape, layout: layoutOf(nodes, edges, first), of: given };
  }
  useEffect(() => {
    if (made.current.shape === shape) return;
    const timer = setTimeout(() => {
      const { given, first } = latest.current;
      made.current = { shape, layout: layoutOf(given.nodes, given.edges, first), of: given };
      drawAgain((count) => count + 1);
    });
    return () => clearTimeout(timer);
  }, [shape]);

  const { layout, of } = made.current;
  const shown = made.current.shape === shape ? given : of;
  return { layout, nodes: shown.nodes, edges: shown.edges };
}

// The layout of a picture, made once for its nodes and edges, whatever their numbers.
//
//   A large one takes longer than an interaction may: the old picture stays until the new one is there. A worker would make it beside the
//   page, but `require-trusted-types-for` lets no page start one.
//   G11. The latest layouts are kept.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Box, type Layout, type Line, layoutOf } from "./layout.ts";

interface Drawing<Node extends Box, Edge extends Line> {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** So many are laid out at once. */
const AT_ONCE_MAX = 40;
const KEPT_MAX = 24;
const kept = new Map<string, Layout>();

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

  if (made.current.shape !== shape && (nodes.length <= AT_ONCE_MAX || kept.has(shape))) {
    made.current = { shape, layout: keptLayout(shape, given, first), of: given };
  }
  useEffect(() => {
    if (made.current.shape === shape) return;
    const timer = setTimeout(() => {
      const { given, first } = latest.current;
      made.current = { shape, layout: keptLayout(shape, given, first), of: given };
      drawAgain((count) => count + 1);
    });
    return () => clearTimeout(timer);
  }, [shape]);

  const { layout, of } = made.current;
  const shown = made.current.shape === shape ? given : of;
  return { layout, nodes: shown.nodes, edges: shown.edges };
}

/** A reader who filters, collapses and comes back sees the same picture again. */
function keptLayout(shape: string, { nodes, edges }: Drawing<Box, Line>, first: readonly string[]): Layout {
  const layout = kept.get(shape) ?? layoutOf(nodes, edges, first);
  kept.delete(shape);
  kept.set(shape, layout);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return layout;
}

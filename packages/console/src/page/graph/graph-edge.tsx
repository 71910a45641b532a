// One edge. An edge that goes back is drawn only from and to the node that the reader looks at.

import { curveBack, curveThrough } from "./curve.ts";
import type { Layout, Line } from "./layout.ts";

export interface PictureEdge extends Line {
  readonly class?: string;
  /** The places of its ends say it already. */
  readonly hidden?: boolean;
}

interface GraphEdgeProps {
  readonly edge: PictureEdge;
  readonly layout: Layout;
  /** The reader looks at one of its ends. */
  readonly isNear: boolean;
}

export function GraphEdge({ edge, layout, isNear }: GraphEdgeProps) {
  const way = layout.edges.get(edge.id);
  const [from, to] = [layout.nodes.get(edge.from), layout.nodes.get(edge.to)];
  if (!way || !from || !to || edge.hidden || (way.back && !isNear)) return null;
  return (
    <path
      class={`edge ${edge.class ?? ""}${isNear ? " near" : ""}${way.back ? " back" : ""}`}
      d={way.back ? curveBack(from, to) : curveThrough(from, way.points, to)}
      marker-end="url(#arrow)"
    />
  );
}

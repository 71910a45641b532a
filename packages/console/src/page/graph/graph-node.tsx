// One node of a picture: a button, drawn by the view that knows it.

import type { ComponentChildren } from "preact";
import type { Area, Box } from "./layout.ts";

export interface PictureNode extends Box {
  /** The whole of it in words, for screen readers. */
  readonly label: string;
  readonly class?: string;
  /** Changes with what is drawn in it. */
  readonly version: string;
}

interface GraphNodeProps {
  readonly node: PictureNode;
  readonly area: Area | undefined;
  readonly selected: boolean;
  /** The one that Tab leads to; arrow keys lead to the others. */
  readonly entrance: boolean;
  readonly render: (id: string, area: Area) => ComponentChildren;
  readonly onToggle: (id: string) => void;
  readonly onFocus: (id: string | undefined) => void;
  readonly onPoint: (id: string | undefined) => void;
}

export function GraphNode(props: GraphNodeProps) {
  const { node, area, selected, entrance, render, onToggle, onFocus, onPoint } = props;
  const { id, label, class: own = "" } = node;
  if (!area) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a picture has no button elements
    <g
      class={`node ${own}${selected ? " selected" : ""}`}
      data-node={id}
      role="button"
      aria-label={label}
      aria-pressed={selected}
      tabindex={entrance ? 0 : -1}
      transform={`translate(${area.x - area.width / 2} ${area.y - area.height / 2})`}
      onClick={() => onToggle(id)}
      onFocus={() => onFocus(id)}
      onBlur={() => onFocus(undefined)}
      onPointerEnter={() => onPoint(id)}
      onPointerLeave={() => onPoint(undefined)}
    >
      {render(id, area)}
    </g>
  );
}

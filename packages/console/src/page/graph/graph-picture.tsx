// A graph as a picture that can be moved and zoomed, by pointer and by keys. Each node is a button; arrow keys lead along the edges.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { GraphClusters } from "./graph-clusters.tsx";
import { GraphEdge, type PictureEdge } from "./graph-edge.tsx";
import { GraphNode, type PictureNode } from "./graph-node.tsx";
import type { Area } from "./layout.ts";
import { isDirection, neighborOf } from "./neighbors.ts";
import { viewKey } from "./picture-keys.ts";
import { useKept } from "./use-kept.ts";
import { useLayout } from "./use-layout.ts";
import { useViewport } from "./viewport.ts";
import { ZoomButtons } from "./zoom-buttons.tsx";

interface GraphPictureProps {
  readonly label: string;
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
  /** Nodes where work begins. */
  readonly first: readonly string[];
  readonly render: (id: string, area: Area) => ComponentChildren;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

export function GraphPicture({ label, first, render, selected, onSelect, ...given }: GraphPictureProps) {
  const svg = useRef<SVGSVGElement>(null);
  const { layout, nodes, edges } = useLayout(given, first);
  const viewport = useViewport(svg, layout);
  const { bringIntoSight, sight } = viewport;
  const [pointed, setPointed] = useState<string>();
  const [focused, setFocused] = useState<string>();
  const near = pointed ?? focused ?? selected;
  const entrance = [focused, selected].find((id) => layout.nodes.has(id ?? "")) ?? nodes[0]?.id;
  const latest = useRef({ selected, onSelect });
  latest.current = { selected, onSelect };
  const toggle = useCallback((id: string) => {
    latest.current.onSelect(id === latest.current.selected ? undefined : id);
  }, []);
  const keep = useKept();

  useEffect(() => {
    const area = selected === undefined ? undefined : layout.nodes.get(selected);
    if (area) bringIntoSight(area);
  }, [selected, layout, bringIntoSight]);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const id = (event.target as Element).closest<SVGGElement>("[data-node]")?.dataset.node;
    const action = viewKey(event, viewport) ?? nodeKey(event.key, id);
    if (!action) return;
    event.preventDefault();
    action();
  }

  function nodeKey(key: string, id: string | undefined): (() => void) | undefined {
    if (key === "Escape") return () => onSelect(undefined);
    if (id === undefined) return undefined;
    if (key === "Enter" || key === " ") return () => toggle(id);
    return isDirection(key) ? () => moveTo(neighborOf(layout, edges, id, key)) : undefined;
  }

  function moveTo(id: string | undefined): void {
    const area = id === undefined ? undefined : layout.nodes.get(id);
    if (id === undefined || !area) return;
    bringIntoSight(area);
    svg.current
      ?.querySelector<SVGGElement>(`[data-node="${CSS.escape(id)}"]`)
      ?.focus({ preventScroll: true });
  }

  const lines = edges.map((edge) => {
    const isNear = near === edge.from || near === edge.to;
    return keep(`edge ${edge.id}`, [layout, isNear, edge.class, edge.hidden], () => (
      <GraphEdge key={edge.id} edge={edge} layout={layout} isNear={isNear} />
    ));
  });
  const boxes = nodes.map((node) => {
    const [isSelected, isEntrance] = [node.id === selected, node.id === entrance];
    const { label, class: own, version } = node;
    return keep(`node ${node.id}`, [layout, isSelected, isEntrance, label, own, version], () => (
      <GraphNode
        key={node.id}
        node={node}
        area={layout.nodes.get(node.id)}
        selected={isSelected}
        entrance={isEntrance}
        render={render}
        onToggle={toggle}
        onFocus={setFocused}
        onPoint={setPointed}
      />
    ));
  });

  return (
    <div class="graph">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot hold a picture's nodes */}
      <svg ref={svg} class="graph-picture" onKeyDown={onKeyDown} role="group" aria-label={label}>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 .8 7.4 4 0 7.2z" class="arrow" />
          </marker>
        </defs>
        <g
          transform={`translate(${sight.x.toFixed(1)} ${sight.y.toFixed(1)}) scale(${sight.scale.toFixed(3)})`}
        >
          {keep("clusters", [layout], () => (
            <GraphClusters key="clusters" layout={layout} />
          ))}
          {lines}
          {boxes}
        </g>
      </svg>
      <ZoomButtons viewport={viewport} />
    </div>
  );
}

// Places for nodes and ways for edges, from left to right. dagre does the work; here is only what it is asked.

import { Graph, layout as placeAll } from "@dagrejs/dagre";
import { backEdges, type Ends } from "./forward.ts";

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Nodes of one cluster stay together. */
  readonly cluster?: string | undefined;
}

export interface Line extends Ends {
  readonly id: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** Center and size by node id. */
  readonly nodes: ReadonlyMap<string, Area>;
  readonly clusters: ReadonlyMap<string, Area>;
  /** By edge id. An edge that goes back has two points, its ends. */
  readonly edges: ReadonlyMap<string, { readonly points: readonly Point[]; readonly back: boolean }>;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 16;

export function layoutOf(boxes: readonly Box[], lines: readonly Line[], first: readonly string[]): Layout {
  const back = backEdges(
    boxes.map(({ id }) => id),
    lines,
    first,
  );
  const graph = new Graph({ directed: true, compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 12, ranksep: 44, edgesep: 8, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { id, cluster } of boxes) {
    if (cluster === undefined) continue;
    if (!graph.hasNode(clusterId(cluster))) graph.setNode(clusterId(cluster), {});
    graph.setParent(id, clusterId(cluster));
  }
  for (const line of lines) if (!back.has(line)) graph.setEdge(line.from, line.to, { weight: 1 }, line.id);
  placeAll(graph);

  const nodes = new Map(boxes.map(({ id }) => [id, areaOf(graph.node(id))]));
  const clusters = new Map(
    [...new Set(boxes.flatMap(({ cluster }) => cluster ?? []))].map((cluster) => [
      cluster,
      areaOf(graph.node(clusterId(cluster))),
    ]),
  );
  const edges = new Map(lines.map((line) => [line.id, { points: pointsOf(line), back: back.has(line) }]));
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { nodes, clusters, edges, width, height };

  function pointsOf(line: Line): readonly Point[] {
    if (!back.has(line)) return graph.edge(line.from, line.to, line.id).points ?? [];
    return [nodes.get(line.from), nodes.get(line.to)].flatMap((area) => area ?? []);
  }
}

function clusterId(cluster: string): string {
  return `cluster:${cluster}`;
}

function areaOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Area> = {}): Area {
  return { x, y, width, height };
}

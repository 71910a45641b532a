// Places for nodes and ways for edges, from left to right. dagre does the work; here is only what it is asked.

import { Graph, layout as placeAll } from "@dagrejs/dagre";
import { backEdges, type Ends } from "./forward.ts";

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Nodes of one cluster stay together. */
  readonly cluster?: string | undefined;
  /** Nodes that are parts of one thing have fixed places beside each other: the place of its center, in pixels. */
  readonly part?: Part | undefined;
}

export interface Part extends Point {
  readonly of: string;
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
  /** By edge id. An edge that goes back, or that joins two parts of one thing, has no points between its ends. */
  readonly edges: ReadonlyMap<string, { readonly points: readonly Point[]; readonly back: boolean }>;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 16;
/** Between two columns. */
const GAP = 30;

export function layoutOf(boxes: readonly Box[], lines: readonly Line[], first: readonly string[]): Layout {
  const ids = boxes.map(({ id }) => id);
  const back = backEdges(ids, lines, first);
  const wholes = wholesOf(boxes);
  const wholeOf = new Map(wholes.flatMap((whole) => whole.parts.map(({ id }) => [id, whole.id] as const)));
  const graph = new Graph({ directed: true, compound: true, multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 12, ranksep: GAP, edgesep: 8, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height, cluster } of wholes) {
    graph.setNode(id, { width, height });
    if (cluster === undefined) continue;
    if (!graph.hasNode(clusterId(cluster))) graph.setNode(clusterId(cluster), {});
    graph.setParent(id, clusterId(cluster));
  }
  const drawn = lines.filter((line) => !back.has(line) && wholeOf.get(line.from) !== wholeOf.get(line.to));
  for (const { id, from, to } of drawn)
    graph.setEdge(wholeOf.get(from) ?? from, wholeOf.get(to) ?? to, {}, id);
  placeAll(graph);

  const placed = new Set(drawn);
  const nodes = new Map(wholes.flatMap((whole) => areasIn(whole, areaOf(graph.node(whole.id)))));
  const clusters = [...new Set(boxes.flatMap(({ cluster }) => cluster ?? []))];
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    nodes,
    clusters: new Map(clusters.map((cluster) => [cluster, areaOf(graph.node(clusterId(cluster)))])),
    edges: new Map(lines.map((line) => [line.id, { points: pointsOf(line), back: back.has(line) }])),
    width,
    height,
  };

  function pointsOf(line: Line): readonly Point[] {
    if (!placed.has(line)) return [];
    const { from, to, id } = line;
    return graph.edge(wholeOf.get(from) ?? from, wholeOf.get(to) ?? to, id).points ?? [];
  }
}

/** A node alone, or all parts of one thing. */
interface Whole {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly cluster: string | undefined;
  readonly parts: readonly Box[];
  /** Where its left upper corner is in the coordinates of the parts. */
  readonly corner: Point;
}

function wholesOf(boxes: readonly Box[]): readonly Whole[] {
  return [...Map.groupBy(boxes, ({ id, part }) => part?.of ?? id)].map(([id, parts]) => {
    const center = ({ part }: Box) => part ?? { x: 0, y: 0 };
    const left = Math.min(...parts.map((box) => center(box).x - box.width / 2));
    const right = Math.max(...parts.map((box) => center(box).x + box.width / 2));
    const top = Math.min(...parts.map((box) => center(box).y - box.height / 2));
    const bottom = Math.max(...parts.map((box) => center(box).y + box.height / 2));
    const corner = { x: left, y: top };
    return { id, parts, corner, cluster: parts[0]?.cluster, width: right - left, height: bottom - top };
  });
}

function areasIn({ parts, corner }: Whole, area: Area): readonly (readonly [string, Area])[] {
  const left = area.x - area.width / 2;
  const top = area.y - area.height / 2;
  return parts.map(({ id, width, height, part = { x: 0, y: 0 } }) => {
    const [x, y] = [left + part.x - corner.x, top + part.y - corner.y];
    return [id, { x, y, width, height }];
  });
}

function clusterId(cluster: string): string {
  return `cluster:${cluster}`;
}

function areaOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Area> = {}): Area {
  return { x, y, width, height };
}

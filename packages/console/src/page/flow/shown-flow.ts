// Which part of the flow is drawn: filtered by a text, and with some services as one node each.

import type { Counts, Flow, FlowNode, NodeCounts, NodeKind } from "../../api/flow.ts";

export interface ShownNode extends Omit<FlowNode, "kind"> {
  readonly kind: NodeKind | "service";
  /** Itself, or all of its service. */
  readonly members: readonly FlowNode[];
}

export interface ShownEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly types: readonly string[];
}

export interface ShownFlow {
  readonly nodes: readonly ShownNode[];
  readonly edges: readonly ShownEdge[];
}

export function shownFlow(flow: Flow, filter: string, collapsed: ReadonlySet<string>): ShownFlow {
  const kept = filtered(flow, filter);
  const idOf = new Map(
    kept.map((node) => [node.id, collapsed.has(node.service) ? `service:${node.service}` : node.id]),
  );
  const nodes = [...Map.groupBy(kept, ({ id }) => idOf.get(id) ?? id)].map(([id, members]) =>
    asOne(id, members),
  );
  const edges = new Map<string, ShownEdge>();
  for (const edge of flow.edges) {
    const [from, to] = [idOf.get(edge.from), idOf.get(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const id = `${from}→${to}`;
    const types = [...new Set([...(edges.get(id)?.types ?? []), ...edge.types])];
    edges.set(id, { id, from, to, kind: edge.kind, types });
  }
  return { nodes, edges: [...edges.values()] };
}

export function servicesOf(flow: Flow): readonly string[] {
  return [...new Set(flow.nodes.map(({ service }) => service))];
}

/** Where work begins. */
export function beginningsOf({ nodes }: ShownFlow): readonly string[] {
  return nodes.filter(({ members }) => members.some(({ kind }) => kind === "url")).map(({ id }) => id);
}

/** Of a service, the sums of its members. */
export function countsOf({ kind, members }: ShownNode, counts: Counts | undefined): NodeCounts | undefined {
  const all = members.flatMap(({ id }) => counts?.nodes[id] ?? []);
  return kind === "service" ? sum(all) : all[0];
}

function sum(all: readonly NodeCounts[]): NodeCounts {
  const total = (name: "waiting" | "inFlight" | "delayed" | "dead" | "perMinute") =>
    all.reduce((result, counts) => result + (counts[name] ?? 0), 0);
  const oldest = all.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  const neverEmpty = all.flatMap(({ neverEmptySeconds }) => neverEmptySeconds ?? []);
  const isBounded = oldest.length > 0 && neverEmpty.length === 0;
  return {
    waiting: total("waiting"),
    inFlight: total("inFlight"),
    delayed: total("delayed"),
    dead: total("dead"),
    perMinute: total("perMinute"),
    ...(isBounded && { oldestSeconds: Math.max(...oldest) }),
    ...(neverEmpty.length > 0 && { neverEmptySeconds: Math.max(...neverEmpty) }),
  };
}

/** What matches, all that belongs to the same consumer, and the direct neighbors. */
function filtered({ nodes, edges }: Flow, filter: string): readonly FlowNode[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return nodes;
  const matches = ({ label, service, consumer = "", kind, facts }: FlowNode) => {
    const text = [label, service, consumer, kind, ...facts].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = nodes.filter(matches);
  const consumers = new Set(found.flatMap(({ consumer }) => consumer ?? []));
  const inner = new Set(
    [...found, ...nodes.filter(({ consumer }) => consumer !== undefined && consumers.has(consumer))].map(
      ({ id }) => id,
    ),
  );
  const kept = new Set(
    edges.filter(({ from, to }) => inner.has(from) || inner.has(to)).flatMap(({ from, to }) => [from, to]),
  );
  return nodes.filter(({ id }) => inner.has(id) || kept.has(id));
}

function asOne(id: string, members: readonly FlowNode[]): ShownNode {
  const [first] = members;
  if (!first || !id.startsWith("service:")) return { ...(first as FlowNode), members };
  const kinds = Map.groupBy(members, ({ kind }) => kind);
  const facts = [...kinds].map(([kind, those]) => `${those.length} × ${kind.replaceAll("-", " ")}`);
  return { id, kind: "service", label: first.service, service: first.service, facts, members };
}

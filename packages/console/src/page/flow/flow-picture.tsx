// The flow as a picture: numbers and flashes on the nodes.

import { useMemo } from "preact/hooks";
import { GraphPicture } from "../graph/graph-picture.tsx";
import type { Part } from "../graph/layout.ts";
import { activities, counts } from "../server/live.ts";
import { kindWords } from "./kind-words.ts";
import { DRAWER_HEIGHT, NODE_HEIGHT, NODE_WIDTH, NodeBody, type Pulse } from "./node-body.tsx";
import { numbersOf, OLD_SECONDS, stateText } from "./node-numbers.ts";
import { beginningsOf, countsOf, type ShownFlow, type ShownNode } from "./shown-flow.ts";

interface FlowPictureProps {
  readonly shown: ShownFlow;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

const SEAM = 3;
const PULSE_MS = 2_500;

export function FlowPicture({ shown, selected, onSelect }: FlowPictureProps) {
  const numbers = counts.value;
  const byId = useMemo(() => new Map(shown.nodes.map((node) => [node.id, node])), [shown]);
  const pulses = pulsesOf(shown);
  const nodes = shown.nodes.map((node) => {
    const own = countsOf(node, numbers);
    return {
      id: node.id,
      width: NODE_WIDTH,
      height: node.kind === "dead-letter-queue" && node.consumer !== undefined ? DRAWER_HEIGHT : NODE_HEIGHT,
      part: partOf(node),
      cluster: node.kind === "service" ? undefined : node.service,
      label: labelOf(node, own),
      class: `${node.kind} ${toneOf(own)}`,
    };
  });
  const edges = shown.edges.map(({ id, from, to, kind }) => {
    return { id, from, to, class: kind, hidden: isOneCard(byId.get(from), byId.get(to)) };
  });
  return (
    <GraphPicture
      label="The flow, from left to right. Arrow keys follow its edges, Enter opens a node, plus and minus zoom."
      nodes={nodes}
      edges={edges}
      first={beginningsOf(shown)}
      selected={selected}
      onSelect={onSelect}
      render={(id, area) => {
        const node = byId.get(id);
        return (
          node && <NodeBody node={node} counts={countsOf(node, numbers)} pulse={pulses.get(id)} area={area} />
        );
      }}
    />
  );
}

/** A consumer is one card: its queue, beneath it its function, beneath that its dead letters. */
function partOf({ kind, consumer, service }: ShownNode): Part | undefined {
  const of = `consumer:${service}/${consumer}`;
  const functionAt = NODE_HEIGHT + SEAM;
  if (consumer === undefined) return undefined;
  if (kind === "queue") return { of, x: 0, y: 0 };
  if (kind === "function") return { of, x: 0, y: functionAt };
  return kind === "dead-letter-queue"
    ? { of, x: 0, y: functionAt + (NODE_HEIGHT + DRAWER_HEIGHT) / 2 }
    : undefined;
}

/** Its place says where it belongs: no line is drawn. */
function isOneCard(from: ShownNode | undefined, to: ShownNode | undefined): boolean {
  if (!from || !to) return false;
  const [one, other] = [partOf(from), partOf(to)];
  return one !== undefined && one.of === other?.of;
}

function labelOf(node: ShownNode, counts: ReturnType<typeof countsOf>): string {
  const { kind } = node;
  const numbers = numbersOf(kind, counts).map(({ text }) => text);
  const state = stateText(counts);
  return [`${node.label}, ${kindWords[kind]} of ${node.service}`, ...numbers, ...(state ? [state] : [])].join(
    ", ",
  );
}

function toneOf(counts: ReturnType<typeof countsOf>): string {
  if ((counts?.dead ?? 0) > 0) return "has-dead";
  if (counts?.paused) return "is-paused";
  return (counts?.oldestSeconds ?? 0) >= OLD_SECONDS ? "is-old" : "";
}

/** The last that happened to each node, if it was just now; a kill is not covered by the next invocation. */
function pulsesOf({ nodes }: ShownFlow): ReadonlyMap<string, Pulse> {
  const shownAs = new Map(
    nodes.flatMap(({ id, members }) => members.map((member) => [member.id, id] as const)),
  );
  const pulses = new Map<string, Pulse>();
  const since = Date.now() - PULSE_MS;
  for (const { nodeId = "", at, what, number } of activities.value) {
    if (Date.parse(at) < since) break;
    const id = shownAs.get(nodeId);
    if (id !== undefined && (!pulses.has(id) || pulses.get(id)?.what === "invocation"))
      pulses.set(id, { what, number });
  }
  return pulses;
}

// The flow as a picture: numbers and flashes on the nodes.

import { useMemo } from "preact/hooks";
import { GraphPicture } from "../graph/graph-picture.tsx";
import { activities, counts } from "../server/live.ts";
import { timeNow } from "../widgets/now.ts";
import { cardsOf, DRAWER_HEIGHT, isDrawer, NODE_HEIGHT, NODE_WIDTH } from "./cards.ts";
import { kindWords } from "./kind-words.ts";
import { NodeBody, type Pulse } from "./node-body.tsx";
import { numbersOf, stateText } from "./node-numbers.ts";
import { isOld } from "./old.ts";
import { beginningsOf, countsOf, type ShownFlow, type ShownNode } from "./shown-flow.ts";

interface FlowPictureProps {
  readonly shown: ShownFlow;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

const PULSE_MS = 2_500;

export function FlowPicture({ shown, selected, onSelect }: FlowPictureProps) {
  const numbers = counts.value;
  const { byId, shownAs, boxes, edges } = useMemo(() => fixedOf(shown), [shown]);
  const pulses = pulsesOf(shownAs);
  const nodes = boxes.map((box) => {
    const node = byId.get(box.id) as ShownNode;
    const own = countsOf(node, numbers);
    const version = JSON.stringify([own, pulses.get(box.id)]);
    return { ...box, version, label: labelOf(node, own), class: `${node.kind} ${toneOf(own)}` };
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

/** All that does not change with the numbers. */
function fixedOf({ nodes, edges }: ShownFlow) {
  const cards = cardsOf({ nodes, edges });
  return {
    byId: new Map(nodes.map((node) => [node.id, node])),
    shownAs: new Map(nodes.flatMap(({ id, members }) => members.map((member) => [member.id, id] as const))),
    boxes: nodes.map((node) => ({
      id: node.id,
      width: NODE_WIDTH,
      height: isDrawer(node, cards.get(node.id)) ? DRAWER_HEIGHT : NODE_HEIGHT,
      part: cards.get(node.id),
      cluster: node.kind === "service" ? undefined : node.service,
    })),
    edges: edges.map(({ id, from, to, kind }) => {
      const hidden = cards.has(from) && cards.get(from)?.of === cards.get(to)?.of;
      return { id, from, to, class: kind, hidden };
    }),
  };
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
  return isOld(counts) ? "is-old" : "";
}

/** The last that happened to each node, if it was just now; a kill is not covered by the next invocation. */
function pulsesOf(shownAs: ReadonlyMap<string, string>): ReadonlyMap<string, Pulse> {
  const pulses = new Map<string, Pulse>();
  const since = timeNow() - PULSE_MS;
  for (const { nodeId = "", at, what, number } of activities.value) {
    if (Date.parse(at) < since) break;
    const id = shownAs.get(nodeId);
    if (id !== undefined && (!pulses.has(id) || pulses.get(id)?.what === "invocation"))
      pulses.set(id, { what, number });
  }
  return pulses;
}

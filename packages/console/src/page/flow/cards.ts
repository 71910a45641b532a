// Which nodes are drawn as one card. A consumer: its queue, beneath it its function, beneath that its dead letters. Any other function:
// above it what calls and runs it. Their places say what belongs together, so no line is drawn, and the picture has fewer columns.

import type { Part } from "../graph/layout.ts";
import type { ShownFlow, ShownNode } from "./shown-flow.ts";

export const NODE_WIDTH = 166;
export const NODE_HEIGHT = 44;
/** Of the small parts of a card. */
export const DRAWER_HEIGHT = 20;
const SEAM = 3;
const FUNCTION_AT = NODE_HEIGHT + SEAM;
const BESIDE = (NODE_HEIGHT + DRAWER_HEIGHT) / 2;

/** Node id → its place in its card; a node alone has none. */
export function cardsOf({ nodes, edges }: ShownFlow): ReadonlyMap<string, Part> {
  const cards = new Map(nodes.flatMap((node) => ofConsumer(node) ?? []));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const drawers = new Map<string, number>();
  for (const { from, to } of edges) {
    const { kind, consumer } = byId.get(to) ?? {};
    const begins = ["url", "schedule"].includes(byId.get(from)?.kind ?? "");
    if (!begins || cards.has(from) || kind !== "function" || consumer !== undefined) continue;
    const above = drawers.get(to) ?? 0;
    drawers.set(to, above + 1);
    const of = `function:${to}`;
    cards.set(to, { of, x: 0, y: 0 });
    cards.set(from, { of, x: 0, y: -BESIDE - above * DRAWER_HEIGHT });
  }
  return cards;
}

function ofConsumer({ id, kind, consumer, service }: ShownNode): [readonly [string, Part]] | undefined {
  const of = `consumer:${service}/${consumer}`;
  if (consumer === undefined) return undefined;
  if (kind === "queue") return [[id, { of, x: 0, y: 0 }]];
  if (kind === "function") return [[id, { of, x: 0, y: FUNCTION_AT }]];
  return kind === "dead-letter-queue" ? [[id, { of, x: 0, y: FUNCTION_AT + BESIDE }]] : undefined;
}

export function isDrawer({ kind, consumer }: ShownNode, card: Part | undefined): boolean {
  if (card === undefined) return false;
  return kind === "url" || kind === "schedule" || (kind === "dead-letter-queue" && consumer !== undefined);
}

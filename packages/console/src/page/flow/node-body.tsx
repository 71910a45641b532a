// One node of the flow: its name, its numbers, and a flash when something happens to it.

import type { NodeCounts } from "../../api/flow.ts";
import type { Activity } from "../../api/stream.ts";
import type { Area } from "../graph/layout.ts";
import { Icon } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { DRAWER_HEIGHT, NODE_WIDTH } from "./cards.ts";
import { kindWords } from "./kind-words.ts";
import { numbersOf } from "./node-numbers.ts";
import type { ShownNode } from "./shown-flow.ts";

const SEPARATOR = " · ";
const LABEL_MAX = 17;
const NUMBERS_MAX = 22;

export interface Pulse {
  readonly what: Activity["what"];
  readonly number: number;
}

interface NodeBodyProps {
  readonly node: ShownNode;
  readonly counts: NodeCounts | undefined;
  readonly pulse: Pulse | undefined;
  readonly area: Area;
}

export function NodeBody({ node, counts, pulse, area: { width, height } }: NodeBodyProps) {
  const { kind, label } = node;
  const { paused } = counts ?? {};
  if (height === DRAWER_HEIGHT) return <Drawer node={node} counts={counts} />;
  const numbers = fitting(node, counts);
  return (
    <>
      <title>{shortText(`${label}: ${node.service}`)}</title>
      <rect class="box" width={width} height={height} rx="7" />
      {pulse && (
        <rect key={pulse.number} class={`pulse ${pulse.what}`} width={width} height={height} rx="7" />
      )}
      <g transform={`translate(9 ${numbers.length > 0 ? 8 : 15})`} class="kind">
        <Icon name={kind === "service" ? "queue" : kind} size={14} />
      </g>
      <text class="label" x="30" y={numbers.length > 0 ? 19 : 27}>
        {shortText(label, paused ? LABEL_MAX - 8 : LABEL_MAX)}
      </text>
      {paused && (
        <text class="paused" x={width - 8} y="19" text-anchor="end">
          {paused.by === "breaker" ? "breaker open" : "paused"}
        </text>
      )}
      <text class="numbers" x="30" y="36">
        {numbers.map(({ text, tone }, index) => (
          <tspan key={text} class={tone}>
            {index > 0 ? SEPARATOR + text : text}
          </tspan>
        ))}
      </text>
    </>
  );
}

/** A small part of a card, in one line. */
function Drawer({ node, counts }: Pick<NodeBodyProps, "node" | "counts">) {
  const { kind, label } = node;
  const dead = counts?.dead ?? 0;
  const text = kind === "dead-letter-queue" ? "no dead letters" : shortText(label, LABEL_MAX + 2);
  return (
    <>
      <title>{shortText(`${label}: ${kindWords[kind]}`)}</title>
      <rect class="box" x="8" width={NODE_WIDTH - 16} height={DRAWER_HEIGHT} rx="5" />
      <g transform="translate(14 4)" class="kind">
        <Icon name={kind === "service" ? "queue" : kind} size={12} />
      </g>
      <text class="numbers" x="30" y="14">
        {dead > 0 ? <tspan class="bad">{`${dead.toLocaleString("en")} dead`}</tspan> : text}
      </text>
    </>
  );
}

/** As many as there is room for; all of them are in the panel beside the picture. */
function fitting({ kind }: ShownNode, counts: NodeCounts | undefined) {
  let room = NUMBERS_MAX;
  return numbersOf(kind, counts).filter(({ text }) => {
    room -= text.length + SEPARATOR.length;
    return room >= -SEPARATOR.length;
  });
}

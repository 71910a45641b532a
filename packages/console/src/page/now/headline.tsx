// The verdict in one line, and the sums beneath it.

import type { Flow, NodeCounts } from "../../api/flow.ts";
import { counts } from "../server/live.ts";
import type { Verdict } from "./verdict.ts";

interface HeadlineProps {
  readonly verdict: Verdict;
  readonly flow: Flow | undefined;
}

export function Headline({ verdict: { text, isGood }, flow }: HeadlineProps) {
  const dead = counts.value?.dead;
  return (
    <section class={`headline ${isGood ? "good" : ""}`} aria-labelledby="headline">
      <h1 id="headline">{text}</h1>
      <dl class="sums">
        <Sum name="waiting" value={sumOf(flow, "waiting")} tone="wait" />
        <Sum name="in flight" value={sumOf(flow, "inFlight")} />
        <Sum name="delayed" value={sumOf(flow, "delayed")} tone="wait" />
        <Sum name="dead" value={dead} tone="bad" />
        <Sum name="a minute" value={sumOf(flow, "perMinute")} />
        <Sum name="redelivered" value={totalOf("redelivered")} />
        <Sum name="absorbed" value={totalOf("duplicatesAbsorbed")} tone="good" />
        <Sum name="killed" value={totalOf("kills")} tone="made" />
      </dl>
    </section>
  );
}

function Sum({
  name,
  value,
  tone = "",
}: {
  readonly name: string;
  readonly value: number | undefined;
  readonly tone?: string;
}) {
  if (value === undefined) return null;
  return (
    <div class={value > 0 ? tone : ""}>
      <dd>{value.toLocaleString("en")}</dd>
      <dt>{name}</dt>
    </div>
  );
}

/** Undefined where no node has the number. */
function sumOf(
  flow: Flow | undefined,
  name: "waiting" | "inFlight" | "delayed" | "perMinute",
): number | undefined {
  const consumers = flow?.nodes.filter(
    ({ kind, role }) => kind === "queue" || role === "consumer" || role === "projection",
  );
  const values = consumers?.flatMap(({ id }) => counts.value?.nodes[id]?.[name] ?? []) ?? [];
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

function totalOf(name: keyof NonNullable<NodeCounts["totals"]>): number | undefined {
  const values = Object.values(counts.value?.nodes ?? {}).flatMap(({ totals }) => totals?.[name] ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

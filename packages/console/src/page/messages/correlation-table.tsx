// The messages of one correlation id as rows with bars of time: waited, ran, in all.

import type { FlowMessage } from "../../api/message.ts";
import { shortText } from "../widgets/safe-text.ts";
import { StatePill } from "../widgets/state-pill.tsx";
import { spanText } from "../widgets/time-text.ts";
import { VirtualList } from "../widgets/virtual-list.tsx";

interface CorrelationTableProps {
  readonly messages: readonly FlowMessage[];
  readonly current: string;
  readonly onOpen: (id: string) => void;
}

const ROW_HEIGHT = 30;
const BAR_WIDTH = 120;

export function CorrelationTable({ messages, current, onOpen }: CorrelationTableProps) {
  const longest = Math.max(
    1,
    ...messages.map(({ totalMs = 0, waitedMs = 0, ranMs = 0 }) => Math.max(totalMs, waitedMs + ranMs)),
  );
  const width = (milliseconds = 0) => (milliseconds / longest) * BAR_WIDTH;
  return (
    <VirtualList
      label="Messages of this correlation id"
      rows={messages}
      rowHeight={ROW_HEIGHT}
      keyOf={({ id }) => id}
      selected={current}
      onOpen={({ id }) => onOpen(id)}
      render={({ type, state, deliveries, waitedMs, ranMs, totalMs }) => (
        <span class="correlation-row">
          <b>{shortText(type, 50)}</b>
          <StatePill state={state} />
          <span class="number">{deliveries} ×</span>
          <svg width={BAR_WIDTH} height="10" class="spent" aria-hidden="true">
            <rect class="total" width={width(totalMs)} height="10" />
            <rect class="waited" width={width(waitedMs)} height="10" />
            <rect class="ran" x={width(waitedMs)} width={Math.max(1, width(ranMs))} height="10" />
          </svg>
          <span class="quiet number">
            {waitedMs === undefined ? "" : `waited ${spanText(waitedMs)}`}
            {ranMs === undefined ? "" : `, ran ${spanText(ranMs)}`}
            {totalMs === undefined ? "" : `, all ${spanText(totalMs)}`}
          </span>
        </span>
      )}
    />
  );
}

// All messages of one correlation id: as a graph with causes as arrows, or as a table; and the processes with their states.

import { useState } from "preact/hooks";
import type { CorrelationFlow, FlowMessage } from "../../api/message.ts";
import { GraphPicture } from "../graph/graph-picture.tsx";
import { goTo, linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { messageStates } from "../widgets/state-pill.tsx";
import { countText, spanText } from "../widgets/time-text.ts";
import { CorrelationTable } from "./correlation-table.tsx";

const WIDTH = 178;
const HEIGHT = 60;
/** The first part of a type is short of place in a picture: the color and the order of nodes say enough, and a pointer tells it. */
const SERVICE = /^[\w-]+\.(?=.+\.v\d+$)/;
/** More are a table: a picture of them says nothing. */
const DRAWN_MAX = 120;

export function CorrelationView({
  flow,
  current,
}: {
  readonly flow: CorrelationFlow;
  readonly current: string;
}) {
  const { messages, causes, processes = [] } = flow;
  const [asTable, setAsTable] = useState(messages.length > DRAWN_MAX);
  const byId = new Map(messages.map((message) => [message.id, message]));
  const open = (id: string | undefined) => {
    const message = id === undefined ? undefined : byId.get(id);
    if (message) goTo("messages", { q: flow.correlationid, id: message.id, source: message.source });
  };
  const ends = messages.flatMap(({ totalMs }) => totalMs ?? []);
  return (
    <section class="correlation" aria-labelledby="correlation-title">
      <div class="tools">
        <h3 id="correlation-title">The flow that it belongs to</h3>
        <span class="quiet">
          {countText(messages.length, "message")}
          {ends.length > 0 && `, the slowest took ${spanText(Math.max(...ends))}`}
        </span>
        <button
          type="button"
          aria-pressed={asTable}
          disabled={messages.length > DRAWN_MAX}
          onClick={() => setAsTable(!asTable)}
        >
          Table
        </button>
      </div>
      {asTable ? (
        <CorrelationTable messages={messages} current={current} onOpen={open} />
      ) : (
        <GraphPicture
          label="Messages of this correlation id, causes as arrows. Arrow keys follow them, Enter opens a message."
          nodes={messages.map((message) => ({
            id: message.id,
            width: WIDTH,
            height: HEIGHT,
            label: labelOf(message),
            version: JSON.stringify(message),
            class: `message-node ${messageStates[message.state].tone}${message.id === current ? " current" : ""}`,
          }))}
          edges={causes
            .filter(({ from, to }) => byId.has(from) && byId.has(to))
            .map(({ from, to }) => ({ id: `${from}→${to}`, from, to }))}
          first={messages.filter(({ id }) => !causes.some(({ to }) => to === id)).map(({ id }) => id)}
          selected={current}
          onSelect={open}
          render={(id) => {
            const message = byId.get(id);
            return message && <MessageNode message={message} />;
          }}
        />
      )}
      {processes.length > 0 && (
        <ul class="processes" aria-label="Processes">
          {processes.map(({ process, key, state, at, dueAt }) => (
            <li key={`${process} ${key}`}>
              <b>{shortText(process, 60)}</b>{" "}
              <a href={linkTo("messages", { q: key })}>{shortText(key, 40)}</a>{" "}
              <code>{shortText(state, 60)}</code>
              {at && (
                <span class="quiet">
                  {" "}
                  since <Ago at={at} />
                </span>
              )}
              {dueAt && <span class="quiet"> due {dueAt}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function MessageNode({ message }: { readonly message: FlowMessage }) {
  const { type, state, deliveries, totalMs } = message;
  const { word, tone } = messageStates[state];
  return (
    <>
      <title>{shortText(type)}</title>
      <rect class="box" width={WIDTH} height={HEIGHT} rx="7" />
      <rect class="edge-mark" width="4" height={HEIGHT - 12} x="0" y="6" rx="2" />
      <text class="label" x="14" y="20">
        {shortText(type.replace(SERVICE, ""), 21)}
      </text>
      <text class="numbers" x="14" y="36">
        <tspan class={tone}>{word}</tspan>
        {deliveries > 1 && <tspan class="wait">{` · ${deliveries} deliveries`}</tspan>}
      </text>
      {totalMs !== undefined && (
        <text class="total" x={WIDTH - 12} y="36" text-anchor="end">
          {spanText(totalMs)}
        </text>
      )}
      <text class="numbers" x="14" y="51">
        {spentText(message)}
      </text>
    </>
  );
}

function spentText({ waitedMs, ranMs }: FlowMessage): string {
  const parts = [
    waitedMs !== undefined && `waited ${spanText(waitedMs)}`,
    ranMs !== undefined && `ran ${spanText(ranMs)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function labelOf(message: FlowMessage): string {
  const deliveries = countText(message.deliveries, "delivery", "deliveries");
  const total = message.totalMs === undefined ? "" : `, ${spanText(message.totalMs)} in all`;
  return `${message.type}, ${messageStates[message.state].word}, ${deliveries}, ${spentText(message)}${total}`;
}

// All messages of one correlation id, with what caused what, and how long each took.

import type { CorrelationFlow, FlowMessage } from "../../api/message.ts";
import type { Reached } from "../reached.ts";
import type { SeenMessage } from "./message-index.ts";
import { type KnownStates, summaryOf } from "./message-state.ts";

export function correlationFlow(
  reached: Reached,
  correlationid: string,
  messages: readonly SeenMessage[],
  knownOf: (message: SeenMessage) => KnownStates,
): Omit<CorrelationFlow, "missing"> {
  const ids = new Set(messages.map(({ fields }) => fields.id));
  return {
    correlationid,
    messages: messages.map((message) => flowMessage(reached, message, knownOf(message))),
    causes: messages.flatMap(({ fields: { id: to, causationid: from } }) =>
      from !== undefined && ids.has(from) ? [{ from, to }] : [],
    ),
  };
}

/** Waited: from its commit to its first delivery. Ran: all its deliveries. In all: from its commit to its last end. */
function flowMessage(reached: Reached, message: SeenMessage, known: KnownStates): FlowMessage {
  const { fields, deliveries } = message;
  const committedMs = Date.parse(fields.time ?? "");
  const [first] = deliveries;
  const ends = deliveries.flatMap(({ endedMs }) => endedMs ?? []);
  const waitedMs = first && first.startedMs - committedMs;
  const totalMs = ends.length > 0 ? Math.max(...ends) - committedMs : Number.NaN;
  const ranMs = deliveries.reduce((sum, { startedMs, endedMs = startedMs }) => sum + endedMs - startedMs, 0);
  return {
    ...summaryOf(reached, message, known),
    deliveries: deliveries.length,
    ...(waitedMs !== undefined && Number.isFinite(waitedMs) && { waitedMs: Math.max(0, waitedMs) }),
    ...(ends.length > 0 && { ranMs }),
    ...(Number.isFinite(totalMs) && { totalMs: Math.max(0, totalMs) }),
  };
}

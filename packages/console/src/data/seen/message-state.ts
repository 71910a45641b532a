// How a message stands, by what was seen of it: at each of its consumers, and in all.

import type { MessageState, MessageSummary } from "../../api/message.ts";
import { consumerOfQueue, consumersOfType, type Reached } from "../reached.ts";
import type { SeenDelivery, SeenMessage } from "./message-index.ts";
import { scheduleState } from "./schedule-steps.ts";

/** Consumer → state, from what knows more than deliveries: the evidence, the dead letters. */
export type KnownStates = ReadonlyMap<string, MessageState>;

export function summaryOf(
  reached: Reached,
  message: SeenMessage,
  known: KnownStates = new Map(),
): MessageSummary {
  const { fields, deliveries, entry, isInOutbox = false } = message;
  const { id, source, type, time, partitionkey, correlationid, causationid } = fields;
  const byConsumer = Map.groupBy(deliveries, ({ queueArn }) =>
    queueArn === undefined ? "" : (consumerOfQueue(reached, queueArn)?.consumer ?? ""),
  );
  const names = new Set([
    ...consumersOfType(reached, type).map(({ consumer }) => consumer),
    ...[...byConsumer.keys()].filter((name) => name !== ""),
    ...known.keys(),
  ]);
  const schedule = scheduleState(message);
  const waits = schedule === "sent" ? undefined : schedule;
  const unseen = isInOutbox ? "outbox" : (waits ?? (entry === undefined ? "unknown" : "waiting"));
  const consumers = [...names].sort().map((consumer) => {
    const seen = byConsumer.get(consumer);
    const state = known.get(consumer) ?? stateOf(seen, unseen);
    return { consumer, state };
  });
  const own = byConsumer.get("") ?? []; // of an endpoint, which has no queue
  const states = consumers.map(({ state }) => state);
  if (own.length > 0) states.push(stateOf(own, "unknown"));
  const at = time ?? (deliveries[0] && new Date(deliveries[0].startedMs).toISOString());
  return {
    ...{
      id,
      source,
      type,
      consumers,
      state: worstOf(states, unseen),
    },
    ...(at !== undefined && { at }),
    ...(partitionkey !== undefined && { partitionkey }),
    ...(correlationid !== undefined && { correlationid }),
    ...(causationid !== undefined && { causationid }),
  };
}

function stateOf(deliveries: readonly SeenDelivery[] | undefined, unseen: MessageState): MessageState {
  if (deliveries === undefined || deliveries.length === 0) return unseen;
  const ends = deliveries.map(({ end, said }) => said ?? end);
  if (ends.some((end) => end === "processed" || end === "duplicate")) return "done";
  switch (ends.at(-1)) {
    case undefined:
      return "running";
    case "parked":
      return "parked";
    case "lost":
      return "lost";
    default:
      return "retrying";
  }
}

/** What needs a person first. */
const WORST_FIRST: readonly MessageState[] = [
  "parked",
  "lost",
  "retrying",
  "running",
  "waiting",
  "outbox",
  "scheduled",
  "canceled",
  "discarded",
  "superseded",
  "unknown",
  "done",
];

/** A message that nobody takes is done when it is in the journal. */
function worstOf(states: readonly MessageState[], unseen: MessageState): MessageState {
  if (states.length === 0) return unseen === "waiting" ? "done" : unseen;
  return WORST_FIRST.find((state) => states.includes(state)) ?? "unknown";
}

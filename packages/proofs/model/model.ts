// The protocol as a model: from a state, everything that may happen next; and what must hold in every state.
//
//   G1. An effect and the message it causes exist both or neither, once no process works on them any more.
//   G2. A message takes effect once, and no effect of another is lost by it.
//   G3. What was committed is in the outbox until it was sent.
//   G6. A message that left the queue has taken effect, or is with the dead letters.
import { consumerSteps } from "./consumer-steps.ts";
import type { Protocol } from "./protocol.ts";
import { publisherStarts, publisherSteps } from "./publisher-steps.ts";
import type { Model, Step } from "./search.ts";
import { type Bounds, type Invocation, initialState, keyOf, type Message, type State } from "./state.ts";
import { queueSteps, timeSteps } from "./surrounding-steps.ts";

export function modelOf(protocol: Protocol, bounds: Bounds): Model<State> {
  return { initial: initialState(bounds), steps, keyOf, breach, isSettled };

  function steps(state: State): Step<State>[] {
    const all: Step<State>[] = [];
    for (const [place, { of }] of state.invocations.entries()) {
      all.push(...(of === "consumer" ? consumerSteps : publisherSteps)(state, place, protocol));
    }
    for (const index of state.messages.keys()) {
      all.push(...queueSteps(state, index, protocol, bounds), ...timeSteps(state, index, protocol, bounds));
      if (state.invocations.length < bounds.invocations) all.push(...publisherStarts(state, index, protocol));
    }
    return all.map((step) => ({ ...step, next: withoutIdle(step.next) }));
  }

  /** Who can change nothing any more is as good as over; to say so halves the states. */
  function withoutIdle(state: State): State {
    const busy = state.invocations.filter((one) => !isIdle(one, state.messages[one.message] as Message));
    return busy.length === state.invocations.length ? state : { ...state, invocations: busy };
  }

  function isIdle({ of, call }: Invocation, { place, inOutbox, inStream, isSent }: Message): boolean {
    if (of === "publisher") return isSent && !inOutbox && !inStream;
    const isLast = call + 1 === protocol.consumer.length;
    return place !== "queue" && isLast && protocol.consumer[call]?.does === "acknowledge";
  }
}

function breach({ messages, invocations, isOverwritten }: State): string | undefined {
  if (messages.some(({ effects }) => effects > 1)) return "G2: a message took effect twice";
  if (isOverwritten) return "G2: an effect was overwritten";
  for (const [index, { effects, place, inOutbox, isSent }] of messages.entries()) {
    if (invocations.some(({ message }) => message === index)) continue;
    if (effects > 0 && !inOutbox && !isSent) return "G3: an effect has no message, sent or to be sent";
    if (effects === 0 && (inOutbox || isSent))
      return "G1: a message was sent for an effect that is not there";
    if (effects === 0 && place === "acknowledged") return "G6: a message was acknowledged without its effect";
  }
  return undefined;
}

/** The dead letters are a place to rest: an operator knows of them. */
function isSettled({ messages, invocations }: State): boolean {
  return (
    invocations.length === 0 &&
    messages.every(
      ({ place, effects, inOutbox, isSent }) =>
        !inOutbox && (effects === 0 || isSent) && (place === "acknowledged" || place === "dead letters"),
    )
  );
}

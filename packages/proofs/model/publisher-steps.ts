// What a live publisher may do next, whether the stream woke it or the sweeper's clock: both send, then delete.
// An entry that SQS refuses is either kept for the next run, which looks like a death, or forgotten.
import { without } from "./consumer-steps.ts";
import type { Protocol } from "./protocol.ts";
import type { Step } from "./search.ts";
import { type Invocation, type Message, type State, withMessage } from "./state.ts";

export function publisherSteps(state: State, place: number, protocol: Protocol): Step<State>[] {
  const invocation = state.invocations[place] as Invocation;
  const index = invocation.message;
  const who = `a publisher of message ${index + 1}`;
  const call = protocol.publisher[invocation.call];
  const what = call === "send" ? "sends" : "deletes the row";
  const isLast = invocation.call + 1 === protocol.publisher.length;
  const done = withMessage(state, index, {
    ...(call === "send" ? { isSent: true } : { inOutbox: false }),
    ...(isLast && { inStream: false }), // it returns, and the stream goes on
  });
  const steps = [
    { name: `${who} ${what}`, isFault: false, next: moved(done) },
    { name: `${who} dies before it ${what}`, isFault: true, next: without(state, place) },
  ];
  if (call !== "send") return steps;
  steps.push({ name: `${who} sends, and the answer is lost`, isFault: true, next: done });
  if (protocol.refused === "ignored") {
    steps.push({ name: `${who} sends, and SQS refuses the entry`, isFault: true, next: moved(state) });
  }
  return steps;

  function moved(after: State): State {
    if (isLast) return without(after, place);
    const next = { ...invocation, call: invocation.call + 1 };
    return { ...after, invocations: after.invocations.with(place, next) };
  }
}

/** The stream brings a record until a publisher is done with it; the sweeper takes what is in the table. */
export function publisherStarts(state: State, index: number, protocol: Protocol): Step<State>[] {
  const { inStream, inOutbox } = state.messages[index] as Message;
  if (inStream) return [start("the stream wakes a publisher for")];
  return inOutbox && protocol.sweeper ? [start("the sweeper finds the row of")] : [];

  function start(what: string): Step<State> {
    const invocation = { of: "publisher", message: index, call: 0, isStale: true, sqsId: 0 } as const;
    const next = { ...state, invocations: [...state.invocations, invocation] };
    return { name: `${what} message ${index + 1}`, isFault: false, next };
  }
}

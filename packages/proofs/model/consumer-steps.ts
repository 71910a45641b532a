// What a live consumer may do next: its next call, answered or with the answer lost; or it dies.
import type { Call, Part, Protocol } from "./protocol.ts";
import type { Step } from "./search.ts";
import { type Invocation, type Message, type State, withMessage } from "./state.ts";

export function consumerSteps(state: State, place: number, protocol: Protocol): Step<State>[] {
  const invocation = state.invocations[place] as Invocation;
  const call = protocol.consumer[invocation.call] as Call;
  const who = `the consumer of message ${invocation.message + 1}`;
  const answered = perform(state, invocation, call, protocol);
  const steps = [
    {
      name: `${who} ${phrase(call)}${answered.found}`,
      isFault: false,
      next: moved(answered.state, answered.to),
    },
    { name: `${who} dies before it ${phrase(call)}`, isFault: true, next: without(state, place) },
  ];
  if (answered.state !== state) {
    steps.push({
      name: `${who} ${phrase(call)}, and the answer is lost`,
      isFault: true,
      next: answered.state,
    });
  }
  return steps;

  /** The invocation goes on at another call; past the last one it has returned. */
  function moved(after: State, to: Partial<Invocation>): State {
    const next = { ...invocation, ...to };
    if (next.call >= protocol.consumer.length) return without(after, place);
    return { ...after, invocations: after.invocations.with(place, next) };
  }
}

export function without(state: State, place: number): State {
  return { ...state, invocations: state.invocations.toSpliced(place, 1) };
}

interface Answer {
  readonly state: State;
  readonly to: Partial<Invocation>;
  /** The result of the call, for a trace. */
  readonly found: string;
}

function perform(state: State, invocation: Invocation, call: Call, protocol: Protocol): Answer {
  const message = state.messages[invocation.message] as Message;
  const next = { call: invocation.call + 1 };
  const isKnown = message.evidence.includes(invocation.sqsId);
  if (call.does === "find evidence") {
    return isKnown
      ? { state, to: whenKnown(protocol), found: " and finds it" }
      : { state, to: next, found: "" };
  }
  if (call.does === "read state") return { state, to: { ...next, isStale: false }, found: "" };
  if (call.does === "acknowledge") {
    const after =
      message.place === "queue" ? withMessage(state, invocation.message, { place: "acknowledged" }) : state;
    return { state: after, to: next, found: "" };
  }
  if (call.does === "note evidence")
    return { state: apply(state, invocation, ["evidence"]), to: next, found: "" };
  if (call.writes.includes("evidence") && isKnown) {
    return { state, to: whenKnown(protocol), found: ", which meets the evidence" };
  }
  if (call.writes.includes("effect") && protocol.version && invocation.isStale) {
    return { state, to: { call: readCall(protocol) }, found: ", but the state has moved" };
  }
  return { state: apply(state, invocation, call.writes), to: next, found: "" };
}

function apply(state: State, { message: index, isStale, sqsId }: Invocation, writes: readonly Part[]): State {
  const message = state.messages[index] as Message;
  const isEffect = writes.includes("effect");
  const after = withMessage(state, index, {
    ...(writes.includes("evidence") && { evidence: [...new Set([...message.evidence, sqsId])].sort() }),
    ...(isEffect && { effects: Math.min(message.effects + 1, 2) }),
    ...(writes.includes("outbox") && { inOutbox: true, inStream: true }),
  });
  if (!isEffect) return after;
  const invocations = after.invocations.map((one) => (one.isStale ? one : { ...one, isStale: true }));
  return { ...after, invocations, isOverwritten: after.isOverwritten || isStale };
}

/** A duplicate is acknowledged; where that came first, there is nothing left to do. */
function whenKnown({ consumer }: Protocol): Partial<Invocation> {
  const call = consumer.findLastIndex(({ does }) => does === "acknowledge");
  return { call: call > 0 ? call : consumer.length };
}

function readCall({ consumer }: Protocol): number {
  return consumer.findIndex(({ does }) => does === "read state");
}

function phrase(call: Call): string {
  if (call.does === "find evidence") return "looks for evidence";
  if (call.does === "read state") return "reads the state";
  if (call.does === "note evidence") return "writes evidence";
  if (call.does === "acknowledge") return "acknowledges";
  return `writes ${call.writes.join(" + ")}`;
}

// What happens around the invocations: the queue delivers, time passes, streams and rows expire, operators redrive.
import type { Protocol } from "./protocol.ts";
import type { Step } from "./search.ts";
import { type Bounds, type Message, type State, withMessage } from "./state.ts";

/** The queue's side of one message; a receive needs a free invocation. */
export function queueSteps(state: State, index: number, protocol: Protocol, bounds: Bounds): Step<State>[] {
  const message = state.messages[index] as Message;
  const name = `message ${index + 1}`;
  const sqsId = protocol.identity === "envelope" ? 0 : message.redrives;
  if (message.place === "dead letters" && message.redrives < bounds.redrives) {
    const redriven = { place: "queue", receives: 0, redrives: message.redrives + 1 } as const;
    return [{ name: `${name} is redriven`, isFault: true, next: changed(redriven) }];
  }
  if (message.place !== "queue") return [];
  if (message.receives === bounds.receives) {
    const next = changed({ place: "dead letters" });
    return [{ name: `${name} was received too often and is dead-lettered`, isFault: false, next }];
  }
  if (message.age !== "young" && protocol.ageGate !== "none") return [gate()];
  return state.invocations.length < bounds.invocations ? [receive()] : [];

  /** A redelivered message is looked up before its age counts: a duplicate needs no operator. */
  function gate(): Step<State> {
    const isKnown = message.receives > 0 && message.evidence.includes(sqsId);
    return isKnown
      ? {
          name: `${name} is known, and acknowledged`,
          isFault: false,
          next: changed({ place: "acknowledged" }),
        }
      : {
          name: `${name} is parked by the age gate`,
          isFault: false,
          next: changed({ place: "dead letters" }),
        };
  }

  function receive(): Step<State> {
    const receives = message.receives + 1;
    const call = protocol.findsAlways || receives > 1 ? 0 : firstCall(protocol);
    const invocation = { of: "consumer", message: index, call, isStale: true, sqsId } as const;
    const received = changed({ receives });
    const next = { ...received, invocations: [...state.invocations, invocation] };
    // While a consumer has it, this is one slower than the visibility timeout, or a second copy.
    const isTwice = state.invocations.some((one) => one.of === "consumer" && one.message === index);
    return { name: `${name} is delivered (receive ${receives})`, isFault: isTwice, next };
  }

  function changed(change: Partial<Message>): State {
    return withMessage(state, index, change);
  }
}

/** A message that comes for the first time is not looked up before it runs. */
function firstCall({ consumer }: Protocol): number {
  return consumer[0]?.does === "find evidence" ? 1 : 0;
}

/** Time: a message grows old and its evidence expires; a record leaves the stream unread. */
export function timeSteps(state: State, index: number, protocol: Protocol, bounds: Bounds): Step<State>[] {
  const message = state.messages[index] as Message;
  const name = `message ${index + 1}`;
  const steps: Step<State>[] = [];
  if (message.age === "young" && bounds.aging) add("grows old", { age: "old" });
  if (message.age === "old" && mayExpire()) add("outlives its evidence", { age: "expired", evidence: [] });
  if (message.inStream) add("is dropped by the stream, unread", { inStream: false });
  if (message.inOutbox && protocol.rowsExpire) add("is dropped by the outbox, unsent", { inOutbox: false });
  return steps;

  function add(what: string, change: Partial<Message>): void {
    steps.push({ name: `${name} ${what}`, isFault: true, next: withMessage(state, index, change) });
  }

  /** The margin: an invocation that passed the gate in time ends before the evidence expires. */
  function mayExpire(): boolean {
    if (protocol.ageGate !== "with margin") return true;
    return !state.invocations.some((one) => one.of === "consumer" && one.message === index);
  }
}

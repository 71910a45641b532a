// The gate before every call of an explored process: it waits for its turn, and the schedule's fault, if there is
// one for this call, happens here. Below it are the real client's parser, its connection and the real engine;
// above it the client's own retries.
import type { Call, CallOutput, Carrier } from "./call.ts";
import { canMeet, type Fault } from "./fault.ts";
import { never, runAs, stopProcess } from "./process-identity.ts";
import { connectionLost, partOf, refused, tampered, tamperedAnswer, withoutPart } from "./refusals.ts";
import type { Simulation } from "./simulation.ts";

export interface GateOptions {
  /** The fault that the schedule has for a call. */
  faultFor(call: Call): Fault | undefined;
  /** Hears of each call when it happens. */
  onCall(call: Call, fault: Fault | undefined): void;
  /** Hears what the engine answered to a call, whether the process will or not. */
  onDone(call: Call, output: unknown): void;
  /** Runs the event of the call's process once more, whole, in another process. */
  runAgain(call: Call): Promise<void>;
}

export function gate({ faultFor, onCall, onDone, runAgain }: GateOptions): Simulation["gate"] {
  const counts = new Map<string, number>();
  /** What the further attempts of a command meet. */
  const lasting = new WeakMap<object, Fault>();
  let busy: { readonly fault: Fault; readonly untilMs: number } | undefined;

  return function pass(wanted, carrier) {
    const { process, command } = wanted;
    const call: Call = { ...wanted, nth: 0 };
    return new Promise((resolve, reject) => {
      if (process.state === "killed") return;
      process.simulation.addWaiting({
        call,
        /** Resolves when others may go on: this call is over, or waits for them. */
        go: () =>
          new Promise((free) => {
            const ended = process.simulation.begin();
            call.nth = (counts.get(command) ?? 0) + 1; // in the order in which they happen
            counts.set(command, call.nth);
            const fault = lasting.get(call.logical) ?? busyFor(call) ?? faultFor(call);
            onCall(call, fault);
            const wait: WaitForOthers = async (others) => {
              ended();
              free();
              return others();
            };
            const heard: Carrier = { ...carrier, perform: (input) => performAndTell(call, carrier, input) };
            carryOut(call, heard, fault, wait)
              .then(resolve, reject)
              .finally(() => {
                ended();
                free();
              });
          }),
      });
    });
  };

  function busyFor(call: Call): Fault | undefined {
    if (busy === undefined || call.process.simulation.nowMs() >= busy.untilMs) return undefined;
    return canMeet("busy", call) ? busy.fault : undefined;
  }

  async function carryOut(
    call: Call,
    carrier: Carrier,
    fault: Fault | undefined,
    wait: WaitForOthers,
  ): Promise<CallOutput> {
    const { process, input, command } = call;
    switch (fault?.kind) {
      case undefined:
        return alive(call, await carrier.perform());
      case "unreachable":
        lasting.set(call.logical, fault);
        throw connectionLost();
      case "lost-request":
        throw connectionLost();
      case "mute":
        lasting.set(call.logical, fault);
        await carrier.perform().catch(unheard);
        throw connectionLost();
      case "lost-response":
        await carrier.perform().catch(unheard);
        throw connectionLost();
      case "hung":
        lasting.set(call.logical, fault);
        return wait(() => runAs(process, () => carrier.hang())); // its time limits are the process' own
      case "killed-before":
        stopProcess(process, "killed");
        return wait(never);
      case "killed-after":
        await carrier.perform().catch(unheard);
        stopProcess(process, "killed");
        return wait(never);
      case "frozen-before":
        stopProcess(process, "frozen");
        await wait(() => thawed(call));
        return alive(call, await carrier.perform());
      case "frozen-after": {
        const output = await carrier.perform();
        stopProcess(process, "frozen");
        await wait(() => thawed(call));
        return alive(call, output);
      }
      case "busy":
        busy ??= { fault, untilMs: process.simulation.nowMs() + busyMs };
        return refused("conflict", command, input);
      case "throttled":
      case "conflict":
        return refused(fault.kind, command, input);
      case "partial":
        return partOf(command, input, await carrier.perform(withoutPart(command, input)));
      case "tampered":
        return command === "ReceiveMessage"
          ? alive(call, tamperedAnswer(await carrier.perform()))
          : alive(call, await carrier.perform(tampered(input)));
      case "twice-before":
        await wait(() => runAgain(call));
        return alive(call, await carrier.perform());
      case "twice-after": {
        const output = await carrier.perform();
        await wait(() => runAgain(call));
        return alive(call, output);
      }
    }
  }

  async function performAndTell(call: Call, carrier: Carrier, input?: unknown): Promise<CallOutput> {
    const done = await carrier.perform(input);
    onDone(call, done.output);
    return done;
  }

  /** A process that was killed meanwhile never hears of the answer. */
  async function alive(call: Call, output: CallOutput): Promise<CallOutput> {
    return call.process.state === "killed" ? never() : output;
  }

  /** A frozen process waits at the gate again, where nobody lets it through before it thaws. */
  function thawed(call: Call): Promise<void> {
    return new Promise((resolve) => {
      call.process.simulation.addWaiting({ call, go: async () => resolve() });
    });
  }
}

const busyMs = 60_000;

/** Lets everybody else go on while this call waits. */
type WaitForOthers = <Result>(others: () => Promise<Result>) => Promise<Result>;

/** A refusal is an answer too, and is lost like any other. */
function unheard(): undefined {
  return undefined;
}

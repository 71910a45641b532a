// Lets one invocation at a time make one call that the model knows; calls that it does not know (the notes of the run
// attempt store, for one) go with the call before them.
import type { Call } from "@essentially-once/testing/internal/explorer/call";
import { answerCommand } from "@essentially-once/testing/internal/explorer/call";
import { gate } from "@essentially-once/testing/internal/explorer/gate";
import type { Invocation } from "@essentially-once/testing/internal/explorer/invocation";
import type { ExploredProcess } from "@essentially-once/testing/internal/explorer/process-identity";
import {
  type Simulation,
  simulation,
  type Waiting,
} from "@essentially-once/testing/internal/explorer/simulation";
import type { TracedInvocation } from "./trace.ts";

export type TracedCall = TracedInvocation["call"];

export interface Stepper {
  readonly simulation: Simulation;
  /** The call of the model that an invocation is stopped at; undefined when there is no invocation. */
  nextCall(invocation: Invocation | undefined): TracedCall | undefined;
  toFirstCall(invocation: Invocation): Promise<void>;
  /** Makes the call, and goes on to the next. */
  call(invocation: Invocation, options?: { answerIsLost: boolean }): Promise<void>;
  toTheEnd(invocation: Invocation): Promise<void>;
}

export function stepper({ evidenceTable }: { evidenceTable: string }): Stepper {
  const stopped = new Map<ExploredProcess, Waiting>();
  const processes = new Set<ExploredProcess>();
  let stepping: ExploredProcess | undefined;
  let callsLeft = 0;
  let answerIsLost = false;

  const inner = simulation({
    startMs: Date.now(),
    choose,
    gate: gate({
      faultFor: (call) => {
        if (!answerIsLost || tracedCall(call) === undefined) return undefined;
        answerIsLost = false;
        return { kind: "lost-response", command: call.command, nth: call.nth };
      },
      onCall: () => undefined,
      onDone: () => undefined,
      runAgain: async () => undefined,
    }),
  });
  const world: Simulation = {
    ...inner,
    addWaiting(waiting) {
      stopped.set(waiting.call.process, waiting);
      inner.addWaiting(waiting);
    },
  };

  return {
    simulation: world,
    nextCall: (invocation) => (invocation?.answer ? undefined : callOf(invocation?.process)),
    toFirstCall: (invocation) => go(invocation, 0),
    async call(invocation, options = { answerIsLost: false }) {
      answerIsLost = options.answerIsLost;
      await go(invocation, 1);
    },
    toTheEnd: (invocation) => go(invocation, Number.POSITIVE_INFINITY),
  };

  /** All other processes stand still meanwhile, waits included. */
  async function go(invocation: Invocation, calls: number): Promise<void> {
    stepping = invocation.process;
    callsLeft = calls;
    processes.add(stepping);
    const others = [...processes].filter((one) => one !== stepping && one.state === "running");
    for (const other of others) other.state = "frozen";
    await world.drive(() => isThere(invocation));
    for (const other of others) other.state = "running";
  }

  function isThere({ answer, process }: Invocation): boolean {
    return answer !== undefined || (callsLeft === 0 && callOf(process) !== undefined);
  }

  function choose(): Waiting {
    const waiting = stepping && stopped.get(stepping);
    if (waiting === undefined) throw new Error("nobody waits whose turn it is");
    if (tracedCall(waiting.call) !== undefined) callsLeft--;
    stopped.delete(waiting.call.process);
    return waiting;
  }

  function callOf(process: ExploredProcess | undefined): TracedCall | undefined {
    const waiting = process && stopped.get(process);
    return waiting && tracedCall(waiting.call);
  }

  function tracedCall({ command, input, process }: Call): TracedCall | undefined {
    if (command === "GetItem") {
      return (input as { TableName: string }).TableName === evidenceTable ? "Find" : "Read";
    }
    if (command === answerCommand) return process.name.includes("consumer") ? "Acknowledge" : undefined;
    return calls[command];
  }
}

const calls: Readonly<Record<string, TracedCall>> = {
  TransactWriteItems: "Commit",
  DeleteMessageBatch: "Acknowledge", // a redelivered message is forgotten before the answer
  SendMessageBatch: "Send",
  BatchWriteItem: "Delete",
};

// Replays a trace of the Quint model against the code: real handlers on real engines make one call when the trace
// makes one, lose an answer or die where it does, and after each step engines and invocations must be where the
// model says.
import { deepStrictEqual } from "node:assert";
import { dedupWindowDays, evidenceDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { closeConnections, instrumentClients } from "@essentially-once/testing/internal/explorer/instrument";
import {
  type ExploredFunction,
  type Invocation,
  platform,
} from "@essentially-once/testing/internal/explorer/invocation";
import { stopProcess } from "@essentially-once/testing/internal/explorer/process-identity";
import { type Program, programOf } from "@essentially-once/testing/internal/explorer/program";
import { installVirtualTime } from "@essentially-once/testing/internal/explorer/virtual-time";
import { stepper } from "./replay-stepper.ts";
import { openReplayWorld, queueNames, type ReplayWorld } from "./replay-world.ts";
import type { TraceState } from "./trace.ts";

const dayMs = 86_400_000;

/** @throws Error naming the step after which the code is not where the model is, and the difference */
export async function replay(trace: readonly TraceState[]): Promise<void> {
  installVirtualTime();
  await instrumentClients();
  const programs = {
    consumer: await programOf(new URL("replayed-consumer.ts", import.meta.url)),
    publisher: await programOf(new URL("replayed-publisher.ts", import.meta.url)),
  };
  const world = await openReplayWorld();
  try {
    const actions = replayed(world, programs);
    for (const [index, state] of trace.entries()) {
      const before = trace[index - 1];
      try {
        if (before) await actions.perform(state, before);
        await actions.compare(state);
      } catch (cause) {
        throw new Error(`step ${index}, ${state.action}: ${(cause as Error).message}`, { cause });
      }
    }
  } finally {
    closeConnections();
    await world.sandbox.stop();
  }
}

function replayed(world: ReplayWorld, programs: Readonly<Record<"consumer" | "publisher", Program>>) {
  const steps = stepper({ evidenceTable: world.sandbox.table("EVIDENCE_TABLE") });
  const machine = platform(steps.simulation);
  const startMs = steps.simulation.nowMs();
  const consumers = queueNames.map((queue) => target(programs.consumer, queue));
  const publisher = target(programs.publisher);
  const slots = new Map<number, Invocation>();

  return { perform, compare };

  async function perform(state: TraceState, before: TraceState): Promise<void> {
    const { action, slot = 0, message = 0 } = state;
    if (action === "timePasses") return pass(state.age);
    if (action === "streamForgets") return; // the model's own
    if (action === "park") return park(message);
    return work(action, slot, message, { state, before });
  }

  async function work(
    action: string,
    slot: number,
    message: number,
    { state, before }: Readonly<Record<"state" | "before", TraceState>>,
  ): Promise<void> {
    const [was, is] = [before.invocations[slot], state.invocations[slot]];
    const invocation = slots.get(slot) ?? (await begin(action, message));
    slots.set(slot, invocation);
    if (action === "die") stopProcess(invocation.process, "killed");
    else if (action === "acknowledge") await acknowledge(invocation, was?.message ?? 0);
    else if (was?.call !== "Free") {
      await steps.call(invocation, { answerIsLost: Number(is?.losses) > Number(was?.losses) });
    }
    // The code may look for evidence more often than the model: what it finds is the same.
    while (steps.nextCall(invocation) === "Find" && is?.call !== "Find") await steps.call(invocation);
    if (invocation.answer) slots.delete(slot);
  }

  async function compare({ messages, invocations, version, total }: TraceState): Promise<void> {
    const calls = invocations.map((_, slot) => steps.nextCall(slots.get(slot)) ?? "Free");
    deepStrictEqual(
      { calls, ...(await world.observe()) },
      {
        calls: invocations.map(({ call }) => call),
        version,
        total,
        messages: messages.map(({ place, evidence, effects, inOutbox, sends }) => {
          return { place, evidence, effects, inOutbox, sends };
        }),
      },
    );
  }

  async function begin(action: string, message: number): Promise<Invocation> {
    if (action !== "deliver" && action !== "wake") throw new Error("the slot is free");
    const invocation =
      action === "wake" ? machine.start(publisher, world.rowOf(message)) : await receive(message);
    await steps.toFirstCall(invocation);
    return invocation;
  }

  async function receive(message: number): Promise<Invocation> {
    const event = await world.receive(message);
    if (event === undefined) throw new Error(`message ${message} is not in its queue`);
    return machine.start(consumers[message] as ExploredFunction, event);
  }

  async function acknowledge(invocation: Invocation, message: number): Promise<void> {
    await steps.toTheEnd(invocation);
    deepStrictEqual(invocation.answer, { kind: "answered", response: { batchItemFailures: [] } });
    await world.remove(message);
  }

  /** By the queue's own redrive policy, or by the age gate. */
  async function park(message: number): Promise<void> {
    const event = await world.receive(message);
    if (event) await acknowledge(machine.start(consumers[message] as ExploredFunction, event), message);
  }

  async function pass(age: TraceState["age"]): Promise<void> {
    steps.simulation.advanceTo(startMs + (age === "Old" ? dedupWindowDays + 0.5 : evidenceDays + 1) * dayMs);
    if (age === "Expired") await world.expireEvidence();
  }

  /** No invocation is too slow: the model has no deadline. */
  function target(program: Program, queue?: string): ExploredFunction {
    return { program, environment: world.sandbox.environmentFor(queue), timeoutMs: 1_000 * dayMs };
  }
}

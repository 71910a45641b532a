// Many messages of one key, and many environments that want it at once: in virtual time, with an engine that has
// conflicts. No fault is injected, so nothing may be parked.

import type { Call, CallOutput } from "@essentially-once/testing/internal/explorer/call";
import {
  closeConnections,
  hangUp,
  instrumentClients,
} from "@essentially-once/testing/internal/explorer/instrument";
import { platform } from "@essentially-once/testing/internal/explorer/invocation";
import { programOf } from "@essentially-once/testing/internal/explorer/program";
import { queueSource } from "@essentially-once/testing/internal/explorer/queue-source";
import {
  openSandbox,
  type Sandbox,
  type SandboxPlan,
} from "@essentially-once/testing/internal/explorer/sandbox";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import { type Simulation, simulation } from "@essentially-once/testing/internal/explorer/simulation";
import type { Source } from "@essentially-once/testing/internal/explorer/source";
import { installVirtualTime } from "@essentially-once/testing/internal/explorer/virtual-time";
import type { SQSEvent } from "aws-lambda";
import { bodiesOf, type Deposit } from "../scenarios/deposits.ts";
import { contention } from "./contention.ts";

export interface HotKey {
  /** Below `packages/proofs/`. */
  readonly handler: string;
  readonly messages: number;
  readonly environments: number;
  readonly batchSize?: number;
  readonly attemptsMax: number;
  /** Sent to so many groups of a FIFO queue. */
  readonly groups?: number;
  readonly numbered?: boolean;
  /** Besides ACCOUNTS_TABLE. */
  readonly tables?: SandboxPlan["tables"];
  readonly seed?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly overlapping?: boolean;
  /** Answers the HTTP requests of the handlers, which no server does. */
  readonly api?: (request: ApiRequest) => Response;
}

export interface ApiRequest {
  readonly command: string;
  /** Since the beginning. */
  readonly atMs: number;
}

export interface HotKeyFigures {
  readonly deposits: readonly Deposit[];
  readonly parked: readonly string[];
  /** The most that one message was received. */
  readonly receivesMax: number;
  /** Of all messages. */
  readonly receives: number;
  readonly conflicts: number;
  readonly invocations: number;
  readonly seconds: number;
  readonly logs: Simulation["logs"];
}

/** Of the functions; the visibility timeout is six times as long. Seconds. */
const timeoutSeconds = 5;
const pollsMax = 20_000;

/** Runs until all is idle, and passes the sandbox to `look`, which returns its findings. */
export async function runHotKey<Found>(
  plan: HotKey,
  look: (sandbox: Sandbox, figures: HotKeyFigures) => Promise<Found>,
): Promise<Found> {
  installVirtualTime();
  await instrumentClients();
  const { groups, attemptsMax, seed = 1 } = plan;
  const sandbox = await openSandbox({
    tables: { ACCOUNTS_TABLE: {}, ...plan.tables },
    queues: { main: { fifo: groups !== undefined, attemptsMax } },
    ...(plan.environment && { environment: () => ({ ...plan.environment }) }),
  });
  try {
    const deposits = await send(sandbox, plan);
    let invocations = 0;
    let receivesMax = 0;
    let receives = 0;
    const startMs = Date.now();
    const contended = contention(seed, { world: () => world, onCall: (call: Call) => source.onCall?.(call) });
    const own = simulation({ startMs, gate });
    const world: Simulation = { ...own, random: randomOfEach(seed) };
    const machine = platform(world);
    const source = sourceOf(await programOf(`packages/proofs/${plan.handler}`));
    await untilQuiet(source, world);
    hangUp();
    return await look(sandbox, {
      deposits,
      parked: (await sandbox.deadLetters("main")).map(({ reason = "moved by SQS" }) => reason),
      receivesMax,
      receives,
      conflicts: contended.conflicts(),
      invocations,
      seconds: Math.round((world.nowMs() - startMs) / 1_000),
      logs: world.logs,
    });

    function gate(...[wanted, carrier]: Parameters<Simulation["gate"]>): Promise<CallOutput> {
      const { command } = wanted;
      if (plan.api === undefined || !/^[A-Z]+ \//.test(command)) return contended.gate(wanted, carrier);
      const perform = async () => ({
        output: plan.api?.({ command, atMs: world.nowMs() - startMs }),
        response: undefined,
      });
      return contended.gate(wanted, { ...carrier, perform });
    }

    function sourceOf(program: Awaited<ReturnType<typeof programOf>>): Source {
      return queueSource(
        {
          queue: "main",
          visibilitySeconds: 6 * timeoutSeconds,
          environments: plan.environments,
          overlapping: plan.overlapping ?? false,
          ...(plan.batchSize !== undefined && { batchSize: plan.batchSize }),
        },
        {
          sandbox,
          simulation: world,
          isAltered: () => false,
          platform: {
            ...machine,
            start(target, event) {
              invocations++;
              for (const { attributes } of (event as SQSEvent).Records) {
                receives++;
                receivesMax = Math.max(receivesMax, Number(attributes.ApproximateReceiveCount));
              }
              return machine.start(target, event);
            },
          },
          target: {
            program,
            timeoutMs: timeoutSeconds * 1_000,
            environment: {
              POWERTOOLS_SERVICE_NAME: program.name,
              POWERTOOLS_METRICS_NAMESPACE: "Explored",
              ...sandbox.environmentFor("main"),
            },
          },
        },
      );
    }
  } finally {
    closeConnections();
    await sandbox.stop();
  }
}

async function send(sandbox: Sandbox, { messages, groups, numbered = false }: HotKey): Promise<Deposit[]> {
  const deposits = Array.from({ length: messages }, () => ({ account: "hot", amount: 1 }));
  const bodies = bodiesOf("hot", deposits, { numbered });
  for (let start = 0; start < bodies.length; start += sendMax) {
    const outgoing = bodies
      .slice(start, start + sendMax)
      .map((body, index) => ({ body, key: `group-${(start + index) % (groups ?? 1)}` }));
    await sandbox.send("main", ...outgoing);
  }
  return deposits;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const sendMax = 10;

/** One generator for each process: processes that draw the same numbers would collide on every retry. */
function randomOfEach(seed: number): Simulation["random"] {
  const chances = new Map<string, () => number>();
  return function random({ name }) {
    const chance = chances.get(name) ?? seededRandom(seed * 1_000 + chances.size);
    chances.set(name, chance);
    return chance();
  };
}

/** @throws Error when it never is */
async function untilQuiet(source: Source, world: Simulation): Promise<void> {
  for (let polls = 0; polls < pollsMax; polls++) {
    if (await source.poll()) continue;
    const nextMs = source.nextMs();
    if (nextMs === undefined) return;
    world.advanceTo(nextMs);
  }
  throw new Error(`not quiet after ${pollsMax} polls`);
}

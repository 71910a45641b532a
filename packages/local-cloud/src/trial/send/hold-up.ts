// What holds a consumer up during a run: the service that it calls fails for a moment, and then an operator pauses the consumer
// and resumes it, by the code of `npm run consumers`. Everything else goes on meanwhile.

import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { LocalCloud } from "../../cloud.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../model/clients.ts";
import type { Came, Outside } from "./outside.ts";

export interface HoldUpPlan {
  /** What the consumer calls itself: `ship-order`. */
  readonly consumer: string;
  /** The setting that has the URL of the service which it calls. */
  readonly calls: string;
  /** What the service allows: no more than this in any second, and no more than that at once. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
}

export interface HeldUp extends HoldUpPlan {
  /** `ShipOrder`: as its queues and dead letters are called. */
  readonly queue: string;
  /** The calls of the service, refused ones too. */
  readonly came: readonly Came[];
  readonly outageMs: number;
  /** Absent when the run had ended before. Milliseconds since the start of the process. */
  readonly pause?: { readonly fromMs: number; readonly untilMs: number; readonly waited: number };
  /** Why it did not end. */
  readonly failure?: string;
}

export interface HoldUp {
  /** That it is going on, in words. */
  unfinished(): readonly string[];
  /** Begins nothing any more. */
  stop(): void;
  result(): HeldUp;
}

export interface HoldUpOptions {
  readonly plan: HoldUpPlan;
  readonly cloud: Pick<LocalCloud, "clients" | "endpoints">;
  readonly queue: ConsumerQueue;
  readonly outside: Outside;
  /** So many calls come before. */
  readonly after: number;
}

/** Long enough for a breaker to open and to try again; short, because a run of `npm start` is. */
const OUTAGE_MS = 1_500;
const PAUSE_MS = 1_000;
const LOOK_EVERY_MS = 50;

export function startHoldUp({ plan, cloud, queue, outside, after }: HoldUpOptions): HoldUp {
  let state: "waiting" | "going on" | "over" = "waiting";
  let held: Pick<HeldUp, "outageMs" | "pause" | "failure"> = { outageMs: 0 };
  void holdUp()
    .catch((error: unknown) => {
      held = { ...held, failure: error instanceof Error ? error.message : `${error}` };
    })
    .finally(() => {
      state = "over";
    });

  return {
    unfinished: () => (state === "going on" ? [`${plan.consumer} is held up`] : []),
    stop() {
      if (state === "waiting") state = "over";
    },
    result: () => ({ ...plan, ...held, queue: queue.consumer, came: outside.came }),
  };

  async function holdUp(): Promise<void> {
    while (outside.came.length < after) {
      if (state === "over") return;
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
    }
    if (state === "over") return;
    state = "going on";
    await outage();
    await pauseAndResume();
  }

  async function outage(): Promise<void> {
    const sinceMs = performance.now();
    outside.interrupt(true);
    try {
      await sleep(OUTAGE_MS);
    } finally {
      outside.interrupt(false);
    }
    held = { ...held, outageMs: performance.now() - sinceMs };
  }

  /** Loaded only now: nothing of it is needed for the first message. */
  async function pauseAndResume(): Promise<void> {
    const { clientsOf } = await import("@essentially-once/operator/internal/consumers/clients");
    const { pause, resume } = await import("@essentially-once/operator/internal/consumers/pauses");
    const { stateOf } = await import("@essentially-once/operator/internal/consumers/overview");
    const { sqs, dynamodb } = cloud.clients;
    const local = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoints: cloud.endpoints };
    const clients = clientsOf({ sqs, dynamodb, local });
    try {
      await pause(clients, queue, "npm start shows that nothing is lost");
      const fromMs = performance.now();
      await sleep(PAUSE_MS);
      const { messages: waited } = await stateOf(clients, queue);
      held = { ...held, pause: { fromMs, untilMs: performance.now(), waited } };
    } finally {
      await resume(clients, queue);
      clients.lambda.destroy();
    }
  }
}

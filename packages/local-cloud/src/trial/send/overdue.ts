// An operator who does not wait for a time-out: sends scheduled messages now, by the code of `npm run schedules -- send`.

import { setTimeout as sleep } from "node:timers/promises";
import { schedulesTable, sendNow } from "@essentially-once/operator/internal/schedules/changes";
import { readWaiting } from "@essentially-once/operator/internal/schedules/waiting";
import type { LocalCloud } from "../../cloud.ts";

export interface Overdue {
  /** `orders.shipping-overdue.v1` */
  readonly type: string;
  /** Asked again and again for those whose messages of this type are not waited for; `id` is their partition key. */
  readonly hopeless: () => Promise<readonly { readonly id: string }[]>;
}

export interface OverdueOptions {
  readonly overdue: Overdue;
  readonly cloud: Pick<LocalCloud, "clients" | "outputs">;
  readonly step: (text: string) => void;
  /** So long each has been tried before. */
  readonly triedMs?: number;
}

const TRIED_MS = 4_000;
const LOOK_EVERY_MS = 1_000;

/** Messages of all others wait for their time. */
export function sendOverdue({
  overdue: { type, hopeless },
  cloud,
  step,
  triedMs = TRIED_MS,
}: OverdueOptions): { stop(): void } {
  let isOver = false;
  void look();
  return {
    stop() {
      isOver = true;
    },
  };

  async function look(): Promise<void> {
    while (!isOver) {
      const keys = new Set((await hopeless().catch(() => [])).map(({ id }) => id));
      if (keys.size > 0) await sendThose(keys).catch(() => undefined); // otherwise its time decides
      await sleep(LOOK_EVERY_MS, undefined, { ref: false });
    }
  }

  async function sendThose(keys: ReadonlySet<string>): Promise<void> {
    const { sqs, dynamodb } = cloud.clients;
    const table = schedulesTable(cloud.outputs);
    const nowMs = Date.now();
    const { next } = await readWaiting({ dynamodb, table, nextMax: Number.POSITIVE_INFINITY });
    for (const item of next) {
      const { due, createdAt, message } = item;
      const waits = Date.parse(due) > nowMs && Date.parse(createdAt) < nowMs - triedMs;
      if (!waits || message.type !== type || !keys.has(message.partitionkey)) continue;
      const seconds = Math.round((Date.parse(due) - nowMs) / 1_000);
      const isSent = await sendNow({ sqs, dynamodb, outputs: cloud.outputs }, item);
      if (isSent) step(`Sent now, as an operator would, and not in ${seconds} s: ${type}`);
    }
  }
}

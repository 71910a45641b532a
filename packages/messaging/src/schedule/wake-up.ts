// Wake-ups: messages to the dispatcher that something is due now. SQS holds them back until then, so a scheduled message does
// not wait for the dispatcher's next minute.
//
//   G12. They carry no message and decide nothing: one that is lost, early, late or repeated changes only how soon the
//   dispatcher looks. Each minute it looks by itself.
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { batchEntriesMax, sendBatch } from "../aws/sqs-batch.ts";
import { sqs } from "../aws/sqs-client.ts";
import { atOnce, requestsAtOnce } from "../core/at-once.ts";
import { nowMs } from "../core/clock.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { log } from "../observe/log.ts";
import { allSlots } from "./due-items.ts";
import { aheadMs } from "./due-time.ts";
import { slotOf } from "./scheduled-item.ts";

export interface WakeUp {
  /** When something is due, in ms since the epoch. */
  readonly atMs: number;
  readonly slots: readonly string[];
}

/** SQS delays by whole seconds, and the commit that follows needs a moment. */
const delayMinSeconds = 1;

/** Sends wake-ups. It never throws: without them the dispatcher looks once a minute. */
export async function sendWakeUps(queueUrl: string, wakeUps: readonly WakeUp[]): Promise<void> {
  const entries = wakeUps.map((wakeUp, index): SendMessageBatchRequestEntry => {
    const seconds = Math.ceil((wakeUp.atMs - nowMs()) / 1_000);
    return {
      Id: String(index),
      MessageBody: JSON.stringify(wakeUp),
      DelaySeconds: Math.min(Math.max(delayMinSeconds, seconds), aheadMs / 1_000),
    };
  });
  const packs = Array.from({ length: Math.ceil(entries.length / batchEntriesMax) }, (_, index) =>
    entries.slice(index * batchEntriesMax, (index + 1) * batchEntriesMax),
  );
  try {
    await atOnce(packs, requestsAtOnce, async (pack) => {
      const { again, refused } = await sendBatch(sqs(), queueUrl, pack);
      for (const { code } of [...again, ...refused]) log("warn", "WAKE_UP_FAILED", { errorCode: code });
    });
  } catch (error) {
    log("warn", "WAKE_UP_FAILED", { errorCode: errorCodeOf(error) });
  }
}

/** For items that were just scheduled, or moved, to times before the dispatcher's next run but one. */
export async function wakeUpFor(queueUrl: string, due: ReadonlyMap<string, number>): Promise<void> {
  const soon = [...due].filter(([, dueMs]) => dueMs <= nowMs() + aheadMs);
  const seconds = Map.groupBy(soon, ([, dueMs]) => secondOf(dueMs));
  const wakeUps = [...seconds].map(([atMs, list]) => ({
    atMs,
    slots: [...new Set(list.map(([id]) => slotOf(id)))],
  }));
  await sendWakeUps(queueUrl, wakeUps);
}

/** The first whole second at which it is due. */
export function secondOf(dueMs: number): number {
  return Math.ceil(dueMs / 1_000) * 1_000;
}

/** Undefined for what is no wake-up. */
export function readWakeUp(body: string): WakeUp | undefined {
  try {
    const { atMs, slots } = Object(JSON.parse(body));
    const isWakeUp =
      Number.isFinite(atMs) && Array.isArray(slots) && slots.every((slot) => typeof slot === "string");
    return isWakeUp ? { atMs, slots: allSlots.filter((slot) => slots.includes(slot)) } : undefined; // G11
  } catch {
    return undefined;
  }
}

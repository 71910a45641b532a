// Decides from the evidence of a message whether a redrive sends its dead letter back, removes it or leaves it.
//
//   G6. A message that was already processed is removed and not sent. A message older than the deduplication window is left
//   to the operator: its consumer could not recognise a duplicate any more.

import { nowMs } from "@essentially-once/messaging/clock";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { dedupWindowDays } from "@essentially-once/messaging/internal/envelope/message-life";
import type { Verdict } from "./evidence.ts";

export interface Decision {
  /** `left` stays where it is. */
  readonly outcome: "sent-back" | "removed" | "left";
  /** Why it was not simply sent. */
  readonly why?: string;
}

const dayMs = 86_400_000;
/** Clocks disagree; and as long is respected by the consumer. */
const graceMs = 2_000;
/** https://tc39.es/ecma262/#sec-time-values-and-time-range */
const timeMsMax = 8.64e15;

export interface DecideOptions {
  /** Send also what would be left. */
  readonly force?: boolean | undefined;
  /** Why its consumer would park it again at once. */
  readonly again?: string | undefined;
}

export function decide(
  message: Envelope | undefined,
  verdict: Verdict,
  { force = false, again }: DecideOptions = {},
): Decision {
  switch (verdict.kind) {
    case "done":
      return {
        outcome: "removed",
        why: verdict.at === undefined ? "was processed" : `was processed at ${verdict.at}`,
      };
    case "superseded":
      if (verdict.sent) return { outcome: "removed", why: `superseded by ${verdict.by}` };
      return { outcome: "left", why: "an edit of it was interrupted: repeat that edit" };
    case "discarded":
      return { outcome: "removed", why: `was discarded at ${verdict.at}` };
    case "lost":
      return { outcome: "removed", why: "at most once: its loss was counted" };
    default: {
      const why = objection(message, verdict) ?? (again && `would be parked again: ${again}`);
      if (why === undefined) return { outcome: "sent-back" };
      return force ? { outcome: "sent-back", why: `forced: ${why}` } : { outcome: "left", why };
    }
  }
}

function objection(message: Envelope | undefined, verdict: Verdict): string | undefined {
  if (verdict.kind === "id-reused")
    return "another message with its id was processed, so it would be parked again";
  if (verdict.kind === "claimed" && nowMs() < verdict.untilMs + graceMs) {
    return `it is being processed; left until its lease ends at ${new Date(Math.min(verdict.untilMs, timeMsMax)).toISOString()}`;
  }
  const ageDays = (nowMs() - Date.parse(message?.time ?? "")) / dayMs;
  if (ageDays > dedupWindowDays) {
    return `${Math.floor(ageDays)} days old: after ${dedupWindowDays} days its evidence may have expired`;
  }
  return undefined;
}

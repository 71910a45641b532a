// How a delivery ended: by the consumer's own line, or by what became of its process.

import type { InvocationEvent } from "@essentially-once/local-cloud/internal/model/events";
import type { DeliveryEnd } from "../../api/message.ts";
import { type SaidLine, textField } from "./fields-in.ts";
import type { SeenDelivery } from "./message-index.ts";

export interface SaidEnd {
  readonly end: DeliveryEnd;
  readonly code?: string;
  readonly detail?: string;
  readonly retryAfterSeconds?: number;
}

const ENDS: Readonly<Record<string, DeliveryEnd>> = {
  PROCESSED: "processed",
  DUPLICATE: "duplicate",
  RETRY_LATER: "retried",
  PARKED: "parked",
  LOST: "lost",
  REFUSED: "failed",
};

/** Undefined for a line about something else. */
export function endOf({ code, fields }: SaidLine): SaidEnd | undefined {
  const end = ENDS[code];
  if (end === undefined) return undefined;
  const reason = textField(fields, "reasonCode") ?? textField(fields, "errorCode");
  const detail = textField(fields, "reasonDetail") ?? textField(fields, "at");
  const { retryAfterSeconds } = fields;
  return {
    end,
    ...(reason !== undefined && { code: reason }),
    ...(detail !== undefined && { detail }),
    ...(typeof retryAfterSeconds === "number" && { retryAfterSeconds }),
  };
}

/** A process that dies after the line overrules it; that the line was there is kept. */
export function endBy(
  delivery: SeenDelivery,
  { end, code, detail, retryAfterSeconds }: SaidEnd,
  nowMs: number,
) {
  delivery.end = end;
  delivery.endedMs = nowMs;
  if (end === "processed" || end === "duplicate") delivery.said = end;
  if (code !== undefined) delivery.code = code;
  if (detail !== undefined) delivery.detail = detail;
  if (retryAfterSeconds !== undefined) delivery.retryAfterSeconds = retryAfterSeconds;
}

/** Undefined when the function answered: its lines tell. */
export function endOfOutcome(outcome: InvocationEvent["outcome"]): DeliveryEnd | undefined {
  switch (outcome) {
    case "killed":
      return "killed";
    case "timeout":
      return "timed-out";
    case "error":
      return "failed";
    case "ok":
      return undefined;
  }
}

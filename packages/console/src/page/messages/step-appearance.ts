// How a step of a message's path looks: its word, its picture and its color.

import type { DeliveryEnd, Step } from "../../api/message.ts";
import type { IconName } from "../widgets/icon.tsx";
import type { Tone } from "../widgets/state-pill.tsx";

export interface Appearance {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: Tone;
}

const ends: Readonly<Record<DeliveryEnd, Appearance>> = {
  processed: { word: "processed", icon: "done", tone: "good" },
  duplicate: { word: "duplicate absorbed", icon: "absorbed", tone: "good" },
  retried: { word: "will be retried", icon: "redelivery", tone: "wait" },
  parked: { word: "parked", icon: "parked", tone: "bad" },
  lost: { word: "lost", icon: "lost", tone: "bad" },
  killed: { word: "killed", icon: "kill", tone: "made" },
  "timed-out": { word: "timed out", icon: "waiting", tone: "bad" },
  failed: { word: "failed", icon: "alert", tone: "bad" },
  "response-dropped": { word: "response dropped", icon: "lost", tone: "made" },
};

const steps: Readonly<Record<Step["what"], Appearance>> = {
  committed: { word: "committed", icon: "table", tone: "quiet" },
  published: { word: "published", icon: "outbox", tone: "quiet" },
  journaled: { word: "journal", icon: "journal", tone: "quiet" },
  delivered: { word: "delivered", icon: "running", tone: "wait" },
  parked: { word: "parked", icon: "parked", tone: "bad" },
  redriven: { word: "redriven", icon: "redelivery", tone: "wait" },
  discarded: { word: "discarded", icon: "lost", tone: "quiet" },
  superseded: { word: "superseded", icon: "lost", tone: "quiet" },
  evidence: { word: "evidence", icon: "done", tone: "good" },
  effect: { word: "effect", icon: "outside", tone: "good" },
  scheduled: { word: "scheduled", icon: "schedule", tone: "quiet" },
  canceled: { word: "canceled", icon: "schedule", tone: "quiet" },
  caused: { word: "caused", icon: "message", tone: "quiet" },
};

/** A delivery looks as it ended; without an end it still runs. */
export function appearanceOf({ what, end }: Step): Appearance {
  return end === undefined ? steps[what] : ends[end];
}

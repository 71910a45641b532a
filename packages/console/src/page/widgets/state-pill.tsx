// The state of a message, in one word and one color; a color means the same wherever it is.

import type { MessageState } from "../../api/message.ts";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "good" | "wait" | "bad" | "made" | "quiet";

export const messageStates: Readonly<Record<MessageState, { word: string; tone: Tone; icon: IconName }>> = {
  scheduled: { word: "scheduled", tone: "wait", icon: "schedule" },
  canceled: { word: "canceled", tone: "quiet", icon: "schedule" },
  outbox: { word: "in the outbox", tone: "wait", icon: "outbox" },
  waiting: { word: "waiting", tone: "wait", icon: "waiting" },
  running: { word: "running", tone: "wait", icon: "running" },
  retrying: { word: "retrying", tone: "wait", icon: "redelivery" },
  done: { word: "done", tone: "good", icon: "done" },
  parked: { word: "parked", tone: "bad", icon: "parked" },
  discarded: { word: "discarded", tone: "quiet", icon: "lost" },
  superseded: { word: "superseded", tone: "quiet", icon: "lost" },
  lost: { word: "lost", tone: "bad", icon: "lost" },
  unknown: { word: "unknown", tone: "quiet", icon: "message" },
};

export function StatePill({ state }: { readonly state: MessageState }) {
  const { word, tone, icon } = messageStates[state] ?? messageStates.unknown;
  return (
    <Pill tone={tone} icon={icon}>
      {word}
    </Pill>
  );
}

interface PillProps {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly children: string | readonly string[];
}

export function Pill({ tone, icon, children }: PillProps) {
  return (
    <span class={`pill ${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  );
}

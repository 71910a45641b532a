// What happened, newest first, each with the way to its message.

import type { Numbered } from "../server/live.ts";
import { linkTo } from "../shell/route.ts";
import { Icon, type IconName } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import type { Tone } from "../widgets/state-pill.tsx";
import { clockText, fullTime } from "../widgets/time-text.ts";

const looks: Readonly<Record<Numbered["what"], { icon: IconName; tone: Tone }>> = {
  invocation: { icon: "running", tone: "quiet" },
  kill: { icon: "kill", tone: "made" },
  duplicate: { icon: "absorbed", tone: "made" },
  "drop-response": { icon: "lost", tone: "made" },
  "lost-response": { icon: "lost", tone: "made" },
  trouble: { icon: "trouble", tone: "made" },
  redelivery: { icon: "redelivery", tone: "wait" },
  retried: { icon: "waiting", tone: "wait" },
  absorbed: { icon: "absorbed", tone: "good" },
  parked: { icon: "parked", tone: "bad" },
};

interface ActivityListProps {
  readonly title: string;
  readonly all: readonly Numbered[];
  readonly max?: number;
}

const SHOWN_MAX = 60;

export function ActivityList({ title, all, max = SHOWN_MAX }: ActivityListProps) {
  const shown = all.slice(0, max);
  return (
    <section class="activities">
      <h2>{title}</h2>
      {shown.length === 0 && <p class="empty">Nothing happened yet.</p>}
      <ol>
        {shown.map((one) => {
          const { icon, tone } = looks[one.what] ?? looks.invocation;
          return (
            <li key={one.number} class={tone}>
              <Icon name={icon} size={13} />
              <time dateTime={one.at} title={fullTime(one.at)}>
                {clockText(one.at)}
              </time>
              <span>
                {shortText(one.text, 160)}{" "}
                {one.message && (
                  <a href={linkTo("messages", { id: one.message.id, source: one.message.source })}>follow</a>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

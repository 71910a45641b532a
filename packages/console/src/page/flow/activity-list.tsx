// What happened, newest first, each with the way to its message.

import { useState } from "preact/hooks";
import type { Numbered } from "../server/live.ts";
import { about } from "../shell/about.ts";
import { linkTo } from "../shell/route.ts";
import { Icon, type IconName } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import type { Tone } from "../widgets/state-pill.tsx";
import { clockText, fullTime } from "../widgets/time-text.ts";
import { grouped } from "./grouped.ts";

const looks: Readonly<Record<Numbered["what"], { icon: IconName; tone: Tone }>> = {
  invocation: { icon: "running", tone: "quiet" },
  kill: { icon: "kill", tone: "made" },
  duplicate: { icon: "absorbed", tone: "made" },
  "drop-response": { icon: "lost", tone: "made" },
  "lost-response": { icon: "lost", tone: "made" },
  trouble: { icon: "alert", tone: "wait" },
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
  const [withInvocations, setWithInvocations] = useState(false);
  const isTold = about.value?.target !== "stage";
  const notable = all.filter(({ what }) => what !== "invocation");
  const shown = grouped(withInvocations || notable.length === 0 ? all : notable, max);
  return (
    <section class="activities">
      <div class="tools">
        <h2>{title}</h2>
        {isTold && (
          <button
            type="button"
            class="plain"
            aria-pressed={withInvocations}
            onClick={() => setWithInvocations(!withInvocations)}
          >
            with each invocation
          </button>
        )}
      </div>
      {shown.length === 0 && (
        <p class="empty">
          {isTold
            ? "Nothing happened yet."
            : "A stage does not tell what happens in it. Search a message to see its path."}
        </p>
      )}
      <ol>
        {shown.map(({ first: one, count }) => {
          const { icon, tone } = looks[one.what] ?? looks.invocation;
          return (
            <li key={one.number} class={tone}>
              <Icon name={icon} size={13} />
              <time dateTime={one.at} title={fullTime(one.at)}>
                {clockText(one.at)}
              </time>
              <span>
                {shortText(one.text, 160)}
                {count > 1 && <b> × {count}</b>}{" "}
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

// The redriven messages that have not ended yet, and those that ended just now.

import type { Redriven } from "../../api/dead-letter.ts";
import { linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { Pill, type Tone } from "../widgets/state-pill.tsx";

const states: Readonly<Record<Redriven["state"], { word: string; tone: Tone }>> = {
  "on-the-way": { word: "on its way", tone: "wait" },
  processed: { word: "processed", tone: "good" },
  "parked-again": { word: "parked again", tone: "bad" },
};

const SHOWN_MAX = 50;

export function RedrivenList({ all }: { readonly all: readonly Redriven[] }) {
  if (all.length === 0) return null;
  const open = all.filter(({ state }) => state === "on-the-way").length;
  return (
    <section aria-labelledby="redriven">
      <h2 id="redriven">Redriven, not ended yet ({open})</h2>
      <ul class="redriven">
        {all.slice(0, SHOWN_MAX).map(({ id, source, consumer, at, state }) => (
          <li key={`${consumer} ${id}`}>
            <Pill tone={states[state].tone}>{states[state].word}</Pill>
            <a href={linkTo("messages", { id, source })}>
              <code>{shortText(id, 40)}</code>
            </a>
            <span>{consumer}</span>
            <span class="quiet">
              <Ago at={at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

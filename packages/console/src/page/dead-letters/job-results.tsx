// What happens, or would happen, to each dead letter: those that are left first, with the reason.

import type { Job, JobResult } from "../../api/dead-letter.ts";
import { shortText } from "../widgets/safe-text.ts";
import { Pill, type Tone } from "../widgets/state-pill.tsx";
import { VirtualList } from "../widgets/virtual-list.tsx";

const outcomes: Readonly<Record<JobResult["outcome"], { word: string; tone: Tone }>> = {
  "sent-back": { word: "sent back", tone: "good" },
  removed: { word: "removed", tone: "quiet" },
  discarded: { word: "discarded", tone: "quiet" },
  left: { word: "left", tone: "bad" },
};

const ROW_HEIGHT = 28;

export function JobResults({ job: { results, done } }: { readonly job: Job }) {
  if (results.length === 0) return null;
  const sorted = [...results].sort((a, b) => Number(b.outcome === "left") - Number(a.outcome === "left"));
  return (
    <>
      <VirtualList
        label="What happens to each"
        rows={sorted}
        rowHeight={ROW_HEIGHT}
        keyOf={({ key }) => key}
        onOpen={() => undefined}
        render={({ id, consumer, outcome, why }) => (
          <span class="job-result">
            <Pill tone={outcomes[outcome].tone}>{outcomes[outcome].word}</Pill>
            <code>{shortText(id, 40)}</code>
            <span>{shortText(consumer, 40)}</span>
            <span class="quiet">{why && shortText(why, 160)}</span>
          </span>
        )}
      />
      {results.length < done && (
        <p class="quiet">
          These are the first {results.length} of {done}.
        </p>
      )}
    </>
  );
}

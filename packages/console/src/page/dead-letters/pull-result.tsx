// What came of a run on this machine: how it ended, what the stage would keep, and what was not as on the stage.

import type { PullChange, PullResult } from "../../api/pull.ts";
import { safeText, shortText } from "../widgets/safe-text.ts";
import { Pill, type Tone } from "../widgets/state-pill.tsx";
import { countText } from "../widgets/time-text.ts";

const outcomes: Readonly<Record<PullResult["outcome"], { word: string; tone: Tone }>> = {
  acknowledged: { word: "acknowledged", tone: "good" },
  retried: { word: "would be retried", tone: "wait" },
  parked: { word: "would be parked again", tone: "bad" },
  failed: { word: "failed", tone: "bad" },
};
const tones: Readonly<Record<PullChange["change"], Tone>> = {
  added: "good",
  changed: "wait",
  removed: "bad",
};

interface PullResultProps {
  readonly result: PullResult;
  readonly showValues: () => void;
}

export function PullResultView({ result, showValues }: PullResultProps) {
  const { outcome, code, detail, retryAfterSeconds, isDuplicate, changes, messages } = result;
  const { word, tone } = outcomes[outcome];
  const again = retryAfterSeconds === undefined ? "" : ` again after ${retryAfterSeconds} s`;
  const hidden = changes.some(({ before, after }) => before === undefined && after === undefined);
  return (
    <>
      <section class={`verdict ${tone}`} aria-label="How it ended">
        <p>
          <Pill tone={tone}>{isDuplicate ? "acknowledged as a duplicate" : word}</Pill>{" "}
          {code && <code class="code">{shortText(code, 80)}</code>} {detail && shortText(detail, 600)}
          {again}
        </p>
      </section>
      <section aria-labelledby="commit-title">
        <div class="tools">
          <h3 id="commit-title">It would commit</h3>
          {changes.length > 0 && hidden && (
            <button type="button" class="plain" onClick={showValues}>
              show the values
            </button>
          )}
        </div>
        {changes.length + messages.length === 0 && <p class="quiet">Nothing.</p>}
        <ul class="pull-changes">
          {changes.map((change) => (
            <Change key={`${change.table} ${change.key}`} change={change} />
          ))}
          {messages.map(({ type, id, to, due }) => (
            <li key={id}>
              <Pill tone="good">{due === undefined ? "message" : "scheduled"}</Pill>{" "}
              <b>{shortText(type, 80)}</b>{" "}
              <span class="quiet">
                {to.length > 0 ? `to ${to.join(", ")}` : "to no consumer of this app"}
                {due && `, due ${due}`}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <ul class="pull-notes quiet">
        <li>{countText(result.itemsRead, "item")} of the stage were read.</li>
        {result.outside.map((place) => (
          <li key={place}>Called outside: {shortText(place, 200)}</li>
        ))}
        {result.unanswered.map((one) => (
          <li key={one}>Not as on the stage: {shortText(one, 300)}</li>
        ))}
        <li>
          The stage says: {shortText(result.evidence, 300)}.
          {result.redrive.why && ` A redrive: ${shortText(result.redrive.why, 300)}.`}
        </li>
      </ul>
    </>
  );
}

function Change({
  change: { table, key, change, attributes, before, after },
}: {
  readonly change: PullChange;
}) {
  return (
    <li>
      <Pill tone={tones[change]}>{change}</Pill> <b>{shortText(table, 60)}</b>{" "}
      <code>{shortText(key, 120)}</code> <span class="quiet">{shortText(attributes.join(", "), 300)}</span>
      {before !== undefined && <pre class="before">{safeText(before, { max: 4_000 })}</pre>}
      {after !== undefined && <pre class="after">{safeText(after, { max: 4_000 })}</pre>}
    </li>
  );
}

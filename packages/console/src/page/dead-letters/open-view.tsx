// One dead letter: why it was parked, what its evidence says, what a redrive would do, and how to heal it.

import { useState } from "preact/hooks";
import type { Forecast, OpenDeadLetter } from "../../api/dead-letter.ts";
import { hasDraft } from "../form/use-draft.ts";
import { RequestFailed } from "../server/requests.ts";
import { useLoad } from "../server/use-load.ts";
import { mayChange } from "../shell/about.ts";
import { linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { CopyText } from "../widgets/copy-text.tsx";
import { Failure } from "../widgets/failure.tsx";
import { safeText, shortText } from "../widgets/safe-text.ts";
import { Pill, type Tone } from "../widgets/state-pill.tsx";
import { countText } from "../widgets/time-text.ts";
import { draftOf, Edit } from "./edit.tsx";
import { HealButtons } from "./heal-buttons.tsx";
import { PayloadView } from "./payload-view.tsx";
import { PullButton } from "./pull-button.tsx";

/** Fields of the server that have a place of their own. */
const shownAbove = new Set([
  ...["id", "consumer", "reason", "detail", "type", "parkedAt", "receiveCount", "evidence", "redrive"],
  ...["partitionkey", "correlationid", "bodyBytes", "attributes"],
]);

interface OpenViewProps {
  readonly deadLetterKey: string;
  readonly changed: string;
}

export function OpenView({ deadLetterKey: key, changed }: OpenViewProps) {
  const { value, error, loading, reload } = useLoad<OpenDeadLetter>("dead-letters/open", { key }, changed);
  const [editing, setEditing] = useState(() => hasDraft(draftOf(key)));
  if (!value) {
    return error ? <Failure error={error} retry={reload} /> : <p class="empty">{loading && "Reading it…"}</p>;
  }
  const isGone = error instanceof RequestFailed && error.status === 404;
  const { id, source, type, consumer, code, detail, parkedAt, receiveCount, redriven, evidence, redrive } =
    value;
  return (
    <article class="dead-letter" aria-labelledby="dead-title">
      {isGone ? (
        <p class="notice good">It has left the dead-letter queue. Below is its last state here.</p>
      ) : (
        <Failure error={error} retry={reload} />
      )}
      <header class="message-head">
        <h2 id="dead-title">
          <code class="code">{shortText(code, 80)}</code> {shortText(type ?? "not a message", 80)}
        </h2>
        <p class="detail">{shortText(detail, 1_000)}</p>
        <p class="quiet">
          {shortText(consumer, 60)}, parked <Ago at={parkedAt} />
          {receiveCount !== undefined && `, after ${countText(receiveCount, "receive")}`}
          {redriven > 0 && `, redriven ${redriven} × before`}
          {source !== undefined && (
            <>
              {" · "}
              <a href={linkTo("messages", { id, source })}>its path</a>
            </>
          )}
        </p>
      </header>
      <Verdict evidence={evidence} forecast={redrive} />
      <div class="tools actions">
        <HealButtons
          selection={{ keys: [key] }}
          count={isGone ? 0 : 1}
          described="it"
          needsTrust={value.needsTrust}
        />
        <EditButton
          deadLetter={value}
          disabled={!value.mayEdit || isGone}
          {...{ editing }}
          onClick={() => setEditing(!editing)}
        />
        <PullButton deadLetterKey={key} disabled={isGone} needsTrust={value.needsTrust} />
        {!mayChange() && <span class="quiet">read-only: dry runs are allowed</span>}
      </div>
      {editing && <Edit deadLetter={value} onDone={() => setEditing(false)} />}
      <h3>Attributes</h3>
      <dl class="attributes">
        <div>
          <dt>id</dt>
          <dd>
            <CopyText text={id} label="message id" />
          </dd>
        </div>
        <Linked name="key" value={value.partitionkey} />
        <Linked name="correlation" value={value.correlationid} />
        {value.fields
          .filter(([name]) => !shownAbove.has(name))
          .map(([name, text]) => (
            <div key={name}>
              <dt>{shortText(name, 60)}</dt>
              <dd class="wrap" title={shortText(text, 400)}>
                {safeText(text, { max: 600 })}
              </dd>
            </div>
          ))}
        <div>
          <dt>size</dt>
          <dd>{countText(value.bodyBytes, "byte")}</dd>
        </div>
        {value.attributes.length > 0 && (
          <div>
            <dt>SQS attributes</dt>
            <dd>{shortText(value.attributes.join(", "), 400)}</dd>
          </div>
        )}
      </dl>
      {value.discards.length > 0 && (
        <>
          <h3>Discarded before</h3>
          <ul>
            {value.discards.map((text) => (
              <li key={text}>{shortText(text, 600)}</li>
            ))}
          </ul>
        </>
      )}
      {!editing && !isGone && <PayloadView deadLetterKey={key} />}
    </article>
  );
}

interface EditButtonProps {
  readonly deadLetter: OpenDeadLetter;
  readonly disabled: boolean;
  readonly editing: boolean;
  readonly onClick: () => void;
}

function EditButton({ deadLetter: { key, mayEdit }, disabled, editing, onClick }: EditButtonProps) {
  return (
    <button
      type="button"
      disabled={disabled}
      aria-expanded={editing}
      title={mayEdit ? undefined : "This dead letter is no message that can be edited"}
      onClick={onClick}
    >
      {!editing && hasDraft(draftOf(key)) ? "Go on with your edit" : "Edit its data"}
    </button>
  );
}

const outcomes: Readonly<Record<Forecast["outcome"], { word: string; tone: Tone }>> = {
  "sent-back": { word: "A redrive would send it back", tone: "good" },
  removed: { word: "A redrive would remove it", tone: "quiet" },
  left: { word: "A redrive would leave it", tone: "bad" },
  unknown: { word: "A redrive is not foreseen", tone: "quiet" },
};

function Verdict({ evidence, forecast }: { readonly evidence: string; readonly forecast: Forecast }) {
  const { word, tone } = outcomes[forecast.outcome];
  return (
    <section class={`verdict ${tone}`} aria-label="What the evidence says">
      <p>{shortText(evidence, 400)}</p>
      <p>
        <Pill tone={tone}>{word}</Pill> {forecast.why && shortText(forecast.why, 600)}
      </p>
    </section>
  );
}

function Linked({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <a href={linkTo("messages", { q: value })}>
          <code>{shortText(value, 60)}</code>
        </a>
      </dd>
    </div>
  );
}

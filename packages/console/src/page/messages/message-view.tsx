// One message: its attributes, its path in time, and the flow that it belongs to.

import type { CorrelationFlow, MessagePath, MessageSummary } from "../../api/message.ts";
import { useFresh } from "../server/use-fresh.ts";
import { useLoad } from "../server/use-load.ts";
import { about } from "../shell/about.ts";
import { linkTo } from "../shell/route.ts";
import { DeliverAgain } from "../trouble/deliver-again.tsx";
import { CopyText } from "../widgets/copy-text.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { StatePill } from "../widgets/state-pill.tsx";
import { CorrelationView } from "./correlation-view.tsx";
import { Timeline } from "./timeline.tsx";

export function MessageView({ id, source }: { readonly id: string; readonly source: string | undefined }) {
  const fresh = useFresh();
  const path = useLoad<MessagePath>("message", { id, source }, fresh);
  const correlation = path.value?.message.correlationid;
  const flow = useLoad<CorrelationFlow>(correlation && "correlation", { id: correlation }, fresh);
  const reload = () => {
    path.reload();
    flow.reload();
  };
  const { value } = path;
  if (!value) {
    return (
      <>
        <Failure error={path.error} retry={path.reload} />
        {path.loading && <p class="empty">Reading its path…</p>}
      </>
    );
  }
  return (
    <article class="message" aria-labelledby="message-title">
      <Head message={value.message} reload={reload} />
      {flow.value && <CorrelationView flow={flow.value} current={id} />}
      <Failure error={flow.error} retry={flow.reload} />
      <Timeline path={value} />
      {about.value?.mayTrouble && <DeliverAgain message={value.message} />}
      <Missing sentences={[...new Set([...value.missing, ...(flow.value?.missing ?? [])])]} />
    </article>
  );
}

function Head({ message, reload }: { readonly message: MessageSummary; readonly reload: () => void }) {
  const { id, source, type, partitionkey, correlationid, causationid, state, consumers } = message;
  const parked = consumers.filter((one) => one.state === "parked");
  return (
    <header class="message-head">
      <h2 id="message-title">{shortText(type, 80)}</h2>
      <StatePill state={state} />
      {parked.map(({ consumer }) => (
        <a key={consumer} class="button danger" href={linkTo("dead-letters", { consumer })}>
          Open in dead letters
        </a>
      ))}
      {about.value?.target === "stage" && (
        <button type="button" onClick={reload}>
          Read again
        </button>
      )}
      <dl class="attributes">
        <div>
          <dt>id</dt>
          <dd>
            <CopyText text={id} label="message id" />
          </dd>
        </div>
        <Attribute name="source" value={source} />
        <Attribute name="key" value={partitionkey} link={linkTo("messages", { q: partitionkey })} />
        <Attribute name="correlation" value={correlationid} link={linkTo("messages", { q: correlationid })} />
        <Attribute name="caused by" value={causationid} link={linkTo("messages", { id: causationid })} />
        {consumers.length > 1 && (
          <div>
            <dt>consumers</dt>
            <dd class="pills">
              {consumers.map((one) => (
                <span key={one.consumer}>
                  {one.consumer} <StatePill state={one.state} />
                </span>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </header>
  );
}

interface AttributeProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly link?: string;
}

function Attribute({ name, value, link }: AttributeProps) {
  if (value === undefined) return null;
  const text = <code title={shortText(value, 400)}>{shortText(value, 44)}</code>;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{link ? <a href={link}>{text}</a> : text}</dd>
    </div>
  );
}

// Trouble by hand, in the local cloud: break something, and see beside it how it heals.

import { useState } from "preact/hooks";
import type { Flow, FlowNode } from "../../api/flow.ts";
import type { SendForm } from "../../api/trouble.ts";
import { ActivityList } from "../flow/activity-list.tsx";
import { activities, counts, missedEvents } from "../server/live.ts";
import { useLoad } from "../server/use-load.ts";
import { about } from "../shell/about.ts";
import { linkTo } from "../shell/route.ts";
import { Failure } from "../widgets/failure.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { FunctionTrouble, useTrouble } from "./function-trouble.tsx";
import { Send } from "./send.tsx";

export function Trouble() {
  const { value: flow, error, reload } = useLoad<Flow>("flow", {}, missedEvents.value);
  const forms = useLoad<readonly SendForm[]>(about.value?.mayTrouble ? "forms" : undefined);
  const [filter, setFilter] = useState("");
  if (!about.value?.mayTrouble) return <p class="empty">Trouble is made in the local cloud only.</p>;
  const wanted = filter.toLowerCase();
  const functions = (flow?.nodes ?? []).filter(
    ({ kind, label, service }) => kind === "function" && `${label} ${service}`.toLowerCase().includes(wanted),
  );
  return (
    <div class="with-side">
      <div class="column">
        <h1>Trouble</h1>
        <p class="quiet">
          Break something and watch: a killed function's messages are redelivered, a message that was
          processed is absorbed, and no effect happens twice.
        </p>
        <Failure error={error} retry={reload} />
        <Failure error={forms.error} retry={forms.reload} />
        {forms.value && forms.value.length > 0 && <Send forms={forms.value} />}
        <section aria-labelledby="functions-title">
          <div class="tools">
            <h2 id="functions-title">Functions</h2>
            <input
              type="search"
              placeholder="Filter"
              aria-label="Filter the functions"
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
          </div>
          <ul class="functions">
            {functions.map((node) => (
              <FunctionLine key={node.id} node={node} />
            ))}
          </ul>
        </section>
        {about.value.outsides.length > 0 && (
          <section aria-labelledby="outsides-title">
            <h2 id="outsides-title">Other systems</h2>
            <ul class="functions">
              {about.value.outsides.map((outside) => (
                <OutsideLine key={outside} outside={outside} />
              ))}
            </ul>
          </section>
        )}
      </div>
      <aside class="side" aria-label="What happens now">
        <ActivityList title="Just now" all={activities.value} />
      </aside>
    </div>
  );
}

function FunctionLine({ node: { id, label, service } }: { readonly node: FlowNode }) {
  const totals = counts.value?.nodes[id]?.totals;
  return (
    <li>
      <a href={linkTo("flow", { select: id })}>
        <b>{shortText(label, 40)}</b>
      </a>
      <span class="quiet">{service}</span>
      <span class="quiet number">
        {totals ? `${totals.kills} killed, ${totals.redelivered} redelivered` : ""}
      </span>
      <FunctionTrouble functionPath={id} />
    </li>
  );
}

function OutsideLine({ outside }: { readonly outside: string }) {
  const { made, text, error } = useTrouble();
  return (
    <li>
      <b>{shortText(outside, 60)}</b>
      <div class="trouble-buttons">
        <button type="button" class="made" onClick={() => made({ what: "stop-outside", outside })}>
          Stop it
        </button>
        <button type="button" onClick={() => made({ what: "start-outside", outside })}>
          Start it
        </button>
        <span role="status" class={error ? "errors" : "quiet"}>
          {error?.message ?? text}
        </span>
      </div>
    </li>
  );
}

// The flow: the stacks as a graph from left to right with what happens in it now; the same as a table; one node beside it.

import { useMemo, useState } from "preact/hooks";
import type { Flow } from "../../api/flow.ts";
import { activities, counts, missedEvents } from "../server/live.ts";
import { useLoad } from "../server/use-load.ts";
import { goTo, route } from "../shell/route.ts";
import { Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { useSettled } from "../widgets/use-settled.ts";
import { ActivityList } from "./activity-list.tsx";
import { FlowPicture } from "./flow-picture.tsx";
import { FlowTable } from "./flow-table.tsx";
import { NodePanel } from "./node-panel.tsx";
import { servicesOf, shownFlow } from "./shown-flow.ts";

/** With more nodes, the services are drawn as one node each until the reader opens them. */
const NODES_AT_FIRST = 60;

export function FlowView() {
  const { value: flow, error, reload } = useLoad<Flow>("flow", {}, missedEvents.value);
  return (
    <>
      <Failure error={flow ? undefined : error} retry={reload} />
      {flow ? <Shown flow={flow} /> : <p class="empty">Reading the stacks…</p>}
    </>
  );
}

function Shown({ flow }: { readonly flow: Flow }) {
  const services = servicesOf(flow);
  const [typed, setTyped] = useState("");
  const filter = useSettled(typed);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(
    () => new Set(flow.nodes.length > NODES_AT_FIRST ? services : []),
  );
  const [asTable, setAsTable] = useState(false);
  const selectedId = route.value.parameters.select;
  const opened = flow.nodes.find(({ id }) => id === selectedId)?.service ?? "";
  const shown = useMemo(() => {
    const others = new Set(collapsed);
    others.delete(opened); // a chosen node is drawn, whatever is collapsed
    return shownFlow(flow, filter, others);
  }, [flow, filter, collapsed, opened]);
  const selected = shown.nodes.find(({ id }) => id === selectedId);
  const select = (id: string | undefined) => goTo("flow", { select: id });

  function toggle(service: string): void {
    const next = new Set(collapsed);
    if (!next.delete(service)) next.add(service);
    setCollapsed(next);
  }

  return (
    <div class="with-side">
      <section class="stage" aria-labelledby="flow-title">
        <div class="tools">
          <h1 id="flow-title">Flow</h1>
          <input
            type="search"
            placeholder="Filter: consumer, service, type"
            aria-label="Filter the flow by consumer, service or message type"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <fieldset class="services">
            <legend class="unseen">Services drawn in full</legend>
            {services.map((service) => (
              <label key={service} class="chip">
                <input
                  type="checkbox"
                  checked={!collapsed.has(service) || service === opened}
                  onChange={() => toggle(service)}
                />
                {service}
              </label>
            ))}
            <button
              type="button"
              class="plain"
              onClick={() => setCollapsed(new Set(collapsed.size === services.length ? [] : services))}
            >
              {collapsed.size === services.length ? "open all" : "collapse all"}
            </button>
          </fieldset>
          <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            Table
          </button>
        </div>
        {shown.nodes.length === 0 && <p class="empty">Nothing matches “{filter}”.</p>}
        {asTable ? (
          <FlowTable shown={shown} counts={counts.value} onSelect={select} />
        ) : (
          shown.nodes.length > 0 && <FlowPicture shown={shown} selected={selectedId} onSelect={select} />
        )}
      </section>
      <aside class="side" aria-label={selected ? "The chosen node" : "What happens now"}>
        {selected ? (
          <NodePanel node={selected} shown={shown} onClose={() => select(undefined)} />
        ) : (
          <ActivityList title="Just now" all={activities.value} />
        )}
        <Missing sentences={counts.value?.missing ?? []} />
      </aside>
    </div>
  );
}

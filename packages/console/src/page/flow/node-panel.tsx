// One node in full: facts, numbers, its edges with the message types on them, what just happened to it, trouble by hand.

import { activities, counts } from "../server/live.ts";
import { about } from "../shell/about.ts";
import { linkTo } from "../shell/route.ts";
import { FunctionTrouble } from "../trouble/function-trouble.tsx";
import { Ago } from "../widgets/ago.tsx";
import { Icon } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { spanText } from "../widgets/time-text.ts";
import { ActivityList } from "./activity-list.tsx";
import { kindWords } from "./kind-words.ts";
import { PauseButton } from "./pause-button.tsx";
import { countsOf, type ShownFlow, type ShownNode } from "./shown-flow.ts";

interface NodePanelProps {
  readonly node: ShownNode;
  readonly shown: ShownFlow;
  readonly onClose: () => void;
}

export function NodePanel({ node, shown, onClose }: NodePanelProps) {
  const own = countsOf(node, counts.value) ?? {};
  const paused = own.paused ?? queuePause(shown, node);
  const ids = new Set(node.members.map(({ id }) => id));
  const theirs = activities.value.filter(({ nodeId = "" }) => ids.has(nodeId));
  return (
    <section class="panel" aria-labelledby="node-title">
      <header>
        <Icon name={node.kind === "service" ? "queue" : node.kind} />
        <h2 id="node-title">{shortText(node.label, 60)}</h2>
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <p class="quiet">
        {kindWords[node.kind]}
        {node.role && `, ${node.role}`} · {node.service}
      </p>
      {paused && (
        <p class="notice wait">
          {paused.by === "breaker" ? "The circuit breaker is open" : "Paused by hand"}
          {paused.since && (
            <>
              {" "}
              since <Ago at={paused.since} />
            </>
          )}
          {paused.reason && `: ${shortText(paused.reason)}`}
        </p>
      )}
      <dl class="numbers-list">
        {numbersListed(own).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {node.consumer && (own.dead ?? 0) > 0 && (
        <p>
          <a href={linkTo("dead-letters", { consumer: node.consumer })}>Open its dead letters</a>
        </p>
      )}
      {node.consumer && (node.kind === "function" || node.kind === "queue") && (
        <PauseButton key={node.consumer} consumer={node.consumer} paused={paused} />
      )}
      {about.value?.mayTrouble && node.kind === "function" && <FunctionTrouble functionPath={node.id} />}
      <Ways title="From" ways={waysOf(shown, node, "to")} />
      <Ways title="To" ways={waysOf(shown, node, "from")} />
      {node.facts.length > 0 && (
        <>
          <h3>Settings</h3>
          <ul class="facts">
            {node.facts.map((fact) => (
              <li key={fact}>{shortText(fact)}</li>
            ))}
          </ul>
        </>
      )}
      <ActivityList title="Just now here" all={theirs} max={20} />
    </section>
  );
}

/** The pause of a consumer is at its queue, and shown at its function, too. */
function queuePause({ nodes }: ShownFlow, { consumer, kind }: ShownNode) {
  if (consumer === undefined || kind !== "function") return undefined;
  const queue = nodes.find((one) => one.kind === "queue" && one.consumer === consumer);
  return queue && countsOf(queue, counts.value)?.paused;
}

function numbersListed(
  own: NonNullable<ReturnType<typeof countsOf>>,
): readonly (readonly [string, string])[] {
  const { oldestSeconds, neverEmptySeconds, totals, rateBehindSeconds } = own;
  const all: (readonly [string, number | string | undefined])[] = [
    ["waiting", own.waiting],
    ["in flight", own.inFlight],
    ["delayed", own.delayed],
    ["oldest, at most", oldestSeconds === undefined ? undefined : spanText(oldestSeconds * 1_000)],
    ["oldest", neverEmptySeconds === undefined ? undefined : "not known"],
    ["rate behind", rateBehindSeconds === undefined ? undefined : spanText(rateBehindSeconds * 1_000)],
    ["dead", own.dead],
    ["per minute", own.perMinute],
    ["items", own.items],
    ["invocations", totals?.invocations],
    ["running", totals?.running],
    ["errors", totals?.errors],
    ["killed", totals?.kills],
    ["redelivered", totals?.redelivered],
    ["absorbed", totals?.duplicatesAbsorbed],
    ["parked", totals?.parked],
  ];
  return all.flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name, typeof value === "number" ? value.toLocaleString("en") : value] as const],
  );
}

interface Way {
  readonly id: string;
  readonly label: string;
  readonly types: readonly string[];
}

function waysOf({ nodes, edges }: ShownFlow, node: ShownNode, end: "from" | "to"): readonly Way[] {
  const other = end === "from" ? "to" : "from";
  return edges
    .filter((edge) => edge[end] === node.id)
    .map((edge) => {
      const there = nodes.find(({ id }) => id === edge[other]);
      return {
        id: edge[other],
        label: `${there?.label ?? ""} ${kindWords[there?.kind ?? "service"]}`,
        types: edge.types,
      };
    });
}

function Ways({ title, ways }: { readonly title: string; readonly ways: readonly Way[] }) {
  if (ways.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="ways">
        {ways.map(({ id, label, types }) => (
          <li key={id}>
            <a href={linkTo("flow", { select: id })}>{shortText(label, 60)}</a>
            {types.map((type) => (
              <code key={type}>{shortText(type, 60)}</code>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}

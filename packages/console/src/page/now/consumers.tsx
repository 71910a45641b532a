// How each consumer stands: a row each, its numbers from queue, function and dead-letter queue.

import type { Counts, Flow, FlowNode, NodeCounts } from "../../api/flow.ts";
import { numberClass, QueueCells, QueueHeads } from "../flow/queue-columns.tsx";
import { counts } from "../server/live.ts";
import { linkTo } from "../shell/route.ts";
import { Pill } from "../widgets/state-pill.tsx";
import { spanText } from "../widgets/time-text.ts";

export function Consumers({ flow }: { readonly flow: Flow }) {
  const rows = rowsOf(flow, counts.value);
  return (
    <section aria-labelledby="consumers">
      <h2 id="consumers">Consumers</h2>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th scope="col">Consumer</th>
              <th scope="col">State</th>
              <QueueHeads />
              <th scope="col">Per minute</th>
              <th scope="col">Redelivered</th>
              <th scope="col">Absorbed</th>
              <th scope="col">Dead</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ consumer, service, nodeId, isCounted, queue = {}, fn = {}, dead = {} }) => (
              <tr key={consumer}>
                <th scope="row">
                  <a href={linkTo("flow", { select: nodeId })}>{consumer}</a>{" "}
                  <span class="quiet">{service}</span>
                </th>
                <td>{isCounted ? <State queue={queue} fn={fn} /> : <Pill tone="quiet">not counted</Pill>}</td>
                <QueueCells counts={queue} />
                <td class={numberClass(fn.perMinute, "")}>{fn.perMinute}</td>
                <td class={numberClass(fn.totals?.redelivered, "")}>{fn.totals?.redelivered}</td>
                <td class={numberClass(fn.totals?.duplicatesAbsorbed, "good")}>
                  {fn.totals?.duplicatesAbsorbed}
                </td>
                <td class={numberClass(dead.dead, "bad")}>
                  {(dead.dead ?? 0) > 0 ? (
                    <a href={linkTo("dead-letters", { consumer })}>{dead.dead}</a>
                  ) : (
                    dead.dead
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function State({ queue, fn }: { readonly queue: NodeCounts; readonly fn: NodeCounts }) {
  const paused = queue.paused ?? fn.paused;
  if (paused) {
    return (
      <Pill tone="wait" icon="paused">
        {paused.by === "breaker" ? "breaker open" : "paused"}
      </Pill>
    );
  }
  if (queue.rateBehindSeconds !== undefined) {
    return (
      <Pill tone="wait" icon="waiting">
        {`rate ${spanText(queue.rateBehindSeconds * 1_000)} behind`}
      </Pill>
    );
  }
  if ((fn.totals?.running ?? 0) > 0 || (queue.inFlight ?? 0) > 0) {
    return (
      <Pill tone="good" icon="running">
        running
      </Pill>
    );
  }
  return (queue.waiting ?? 0) > 0 ? (
    <Pill tone="wait" icon="waiting">
      waiting
    </Pill>
  ) : (
    <Pill tone="quiet" icon="done">
      idle
    </Pill>
  );
}

interface ConsumerRow {
  readonly consumer: string;
  readonly service: string;
  readonly nodeId: string;
  /** False while its state is not known: then it is not idle. */
  readonly isCounted: boolean;
  readonly queue?: NodeCounts | undefined;
  readonly fn?: NodeCounts | undefined;
  readonly dead?: NodeCounts | undefined;
}

function rowsOf({ nodes }: Flow, counts: Counts | undefined): readonly ConsumerRow[] {
  const theirs = nodes.filter(({ consumer, role }) => consumer !== undefined || role === "projection");
  return [...Map.groupBy(theirs, ({ consumer, label }) => consumer ?? label)].flatMap(
    ([consumer, members]) => {
      const of = (kind: FlowNode["kind"]) => members.find((node) => node.kind === kind);
      const fn = of("function");
      const anchor = fn ?? members[0];
      if (!anchor) return [];
      const numbers = (node: FlowNode | undefined) => (node ? counts?.nodes[node.id] : undefined);
      const [queue, dead] = [numbers(of("queue")), numbers(of("dead-letter-queue"))];
      const isCounted = (of("queue") ? queue : numbers(fn)) !== undefined;
      const { service, id: nodeId } = anchor;
      return [{ consumer, service, nodeId, isCounted, queue, fn: numbers(fn), dead }];
    },
  );
}

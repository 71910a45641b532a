// The flow as a table: the same nodes and numbers, for a screen reader or for sorting out many consumers.

import type { Counts } from "../../api/flow.ts";
import { shortText } from "../widgets/safe-text.ts";
import { kindWords } from "./kind-words.ts";
import { stateText } from "./node-numbers.ts";
import { numberClass, QueueCells, QueueHeads } from "./queue-columns.tsx";
import { countsOf, type ShownFlow } from "./shown-flow.ts";

interface FlowTableProps {
  readonly shown: ShownFlow;
  readonly counts: Counts | undefined;
  readonly onSelect: (id: string) => void;
}

export function FlowTable({ shown, counts, onSelect }: FlowTableProps) {
  const labels = new Map(shown.nodes.map(({ id, label }) => [id, label]));
  return (
    <div class="table-box">
      <table>
        <caption class="unseen">The nodes of the flow with their numbers</caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Kind</th>
            <th scope="col">Service</th>
            <th scope="col">Leads to</th>
            <QueueHeads />
            <th scope="col">Per minute</th>
            <th scope="col">Dead</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {shown.nodes.map((node) => {
            const own = countsOf(node, counts) ?? {};
            const next = shown.edges.filter(({ from }) => from === node.id).map(({ to }) => labels.get(to));
            return (
              <tr key={node.id}>
                <th scope="row">
                  <button type="button" class="link" onClick={() => onSelect(node.id)}>
                    {shortText(node.label, 60)}
                  </button>
                </th>
                <td>{kindWords[node.kind]}</td>
                <td>{node.service}</td>
                <td class="quiet">{shortText(next.join(", "), 80)}</td>
                <QueueCells counts={own} />
                <td class={numberClass(own.perMinute, "")}>{own.perMinute}</td>
                <td class={numberClass(own.dead, "bad")}>{own.dead}</td>
                <td>{stateText(own)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

// The columns of a queue's numbers, the same in each table. Waiting messages stand out; zeros do not.

import type { NodeCounts } from "../../api/flow.ts";
import { spanText } from "../widgets/time-text.ts";

export function QueueHeads() {
  return (
    <>
      <th scope="col">Waiting</th>
      <th scope="col">In flight</th>
      <th scope="col">Delayed</th>
      <th scope="col" title="At most: since the queue was last seen empty. Not known before it was.">
        Oldest ≤
      </th>
    </>
  );
}

export function QueueCells({ counts }: { readonly counts: NodeCounts }) {
  const { waiting, inFlight, delayed, oldestSeconds, neverEmptySeconds } = counts;
  const oldest = oldestSeconds === undefined ? "" : spanText(oldestSeconds * 1_000);
  return (
    <>
      <td class={numberClass(waiting, "wait")}>{waiting}</td>
      <td class={numberClass(inFlight, "")}>{inFlight}</td>
      <td class={numberClass(delayed, "wait")}>{delayed}</td>
      <td class="number">{neverEmptySeconds === undefined ? oldest : "not known"}</td>
    </>
  );
}

/** @param tone of a number that is not 0 */
export function numberClass(value: number | undefined, tone: string): string {
  return `number ${value === 0 ? "zero" : value === undefined ? "" : tone}`;
}

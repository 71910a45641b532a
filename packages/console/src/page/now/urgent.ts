// What is most urgent, from the dead letters and the counts, in the order in which an operator would look.

import type { DeadLetterGroup, DeadLetterOverview } from "../../api/dead-letter.ts";
import type { Counts, Flow, FlowNode, NodeCounts } from "../../api/flow.ts";
import { isOld } from "../flow/old.ts";

export type Urgent =
  | { readonly kind: "dead"; readonly rank: number; readonly group: DeadLetterGroup }
  | { readonly kind: "paused"; readonly rank: number; readonly node: FlowNode; readonly counts: NodeCounts }
  | { readonly kind: "old"; readonly rank: number; readonly node: FlowNode; readonly counts: NodeCounts }
  | { readonly kind: "unread"; readonly rank: number; readonly sentence: string };

/** The alarm `oldest-message` of the runbook fires at 15 minutes; a console tells earlier. */
const VERY_OLD_SECONDS = 900;

export function urgentOf(
  overview: DeadLetterOverview | undefined,
  flow: Flow | undefined,
  counts: Counts | undefined,
): readonly Urgent[] {
  const all: Urgent[] = [];
  for (const group of overview?.groups ?? []) all.push({ kind: "dead", rank: rankOf(group), group });
  for (const sentence of overview?.unread ?? []) all.push({ kind: "unread", rank: 1, sentence });
  for (const node of flow?.nodes ?? []) {
    const own = counts?.nodes[node.id];
    const urgent = own && ofNode(node, own);
    if (urgent) all.push(urgent);
  }
  return all.sort((a, b) => a.rank - b.rank);
}

/** The server has put the groups in order; of equals, the order stays. */
function rankOf({ cameBack }: DeadLetterGroup): number {
  return cameBack > 0 ? 1.9 : 2;
}

function ofNode(node: FlowNode, counts: NodeCounts): Urgent | undefined {
  const { paused, neverEmptySeconds, oldestSeconds = neverEmptySeconds ?? 0 } = counts;
  if (paused) return { kind: "paused", rank: paused.by === "breaker" ? 1.5 : 3, node, counts };
  if (!isOld(counts)) return undefined;
  return { kind: "old", rank: oldestSeconds >= VERY_OLD_SECONDS ? 0.5 : 4, node, counts };
}

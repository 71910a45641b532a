// The first view: what is most urgent, then how each consumer stands, and what happens just now.

import type { DeadLetterOverview } from "../../api/dead-letter.ts";
import type { Flow } from "../../api/flow.ts";
import { RedrivenList } from "../dead-letters/redriven-list.tsx";
import { deadLettersVersion } from "../dead-letters/version.ts";
import { ActivityList } from "../flow/activity-list.tsx";
import { countsAreStale } from "../server/counts-age.ts";
import { activities, connection, counts, missedEvents } from "../server/live.ts";
import { useLoad } from "../server/use-load.ts";
import { about } from "../shell/about.ts";
import { Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { Consumers } from "./consumers.tsx";
import { Headline } from "./headline.tsx";
import { urgentOf } from "./urgent.ts";
import { UrgentList } from "./urgent-list.tsx";
import { verdictOf } from "./verdict.ts";

export function Now() {
  const dead = useLoad<DeadLetterOverview>("dead-letters", {}, deadLettersVersion.value);
  const { value: flow, ...flowRead } = useLoad<Flow>("flow", {}, missedEvents.value);
  const urgent = urgentOf(dead.value, flow, counts.value);
  const uncounted = [about.value?.missing, counts.value?.missing].flatMap((part) => part ?? []);
  const verdict = verdictOf({
    urgent: urgent.length,
    isRead: dead.value !== undefined && flow !== undefined && counts.value !== undefined,
    hasFailed: dead.error !== undefined || flowRead.error !== undefined || countsAreStale.value,
    isWhole: uncounted.length === 0 && connection.value !== "ended",
  });
  const missing = [...uncounted, ...(dead.value?.missing ?? [])];
  return (
    <div class="with-side">
      <div class="column">
        <Headline verdict={verdict} flow={flow} />
        <Failure error={dead.error} retry={dead.reload} />
        <Failure error={flowRead.error} retry={flowRead.reload} />
        <UrgentList urgent={urgent} />
        {dead.value && <RedrivenList all={dead.value.underWay} />}
        {flow && <Consumers flow={flow} />}
        <Missing sentences={[...new Set(missing)]} />
      </div>
      <aside class="side" aria-label="What happens now">
        <ActivityList title="Just now" all={activities.value} />
      </aside>
    </div>
  );
}

// The first view: what is most urgent, then how each consumer stands, and what happens just now.

import type { DeadLetterOverview } from "../../api/dead-letter.ts";
import type { Flow } from "../../api/flow.ts";
import { RedrivenList } from "../dead-letters/redriven-list.tsx";
import { ActivityList } from "../flow/activity-list.tsx";
import { activities, counts, deadLettersChanged, missedEvents } from "../server/live.ts";
import { useLoad } from "../server/use-load.ts";
import { about } from "../shell/about.ts";
import { Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { Consumers } from "./consumers.tsx";
import { Headline } from "./headline.tsx";
import { urgentOf } from "./urgent.ts";
import { UrgentList } from "./urgent-list.tsx";

export function Now() {
  const dead = useLoad<DeadLetterOverview>(
    "dead-letters",
    {},
    `${deadLettersChanged.value} ${missedEvents.value}`,
  );
  const { value: flow } = useLoad<Flow>("flow", {}, missedEvents.value);
  const urgent = urgentOf(dead.value, flow, counts.value);
  const missing = [about.value?.missing, dead.value?.missing, counts.value?.missing].flatMap(
    (part) => part ?? [],
  );
  return (
    <div class="with-side">
      <div class="column">
        <Headline urgent={urgent} known={dead.value !== undefined} flow={flow} />
        <Failure error={dead.error} retry={dead.reload} />
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

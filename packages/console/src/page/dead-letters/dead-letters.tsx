// Dead letters: the groups, the rows of a group, one of them opened. What is chosen is in the address.

import type { DeadLetterOverview } from "../../api/dead-letter.ts";
import { useLoad } from "../server/use-load.ts";
import { linkTo, route } from "../shell/route.ts";
import { Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { countText } from "../widgets/time-text.ts";
import { GroupLine } from "./group-line.tsx";
import { HealButtons } from "./heal-buttons.tsx";
import { OpenView } from "./open-view.tsx";
import { RedrivenList } from "./redriven-list.tsx";
import { Rows } from "./rows.tsx";
import { RunningJobs } from "./running-jobs.tsx";
import { deadLettersVersion } from "./version.ts";

export function DeadLetters() {
  const { group, key, consumer, all } = route.value.parameters;
  const changed = deadLettersVersion.value;
  const overview = useLoad<DeadLetterOverview>("dead-letters", {}, changed);
  if (group !== undefined || all !== undefined) {
    const shown = overview.value?.groups.find(({ id }) => id === group);
    return (
      <div class="list-and-one">
        <Rows
          key={group}
          {...{ group, shown, changed }}
          current={key}
          isWhole={overview.value?.unread.length === 0}
        />
        <section class="one" aria-label="One dead letter">
          {key === undefined ? (
            <p class="empty">Choose a dead letter to see why it was parked and what a redrive would do.</p>
          ) : (
            <OpenView key={key} deadLetterKey={key} changed={changed} />
          )}
        </section>
      </div>
    );
  }
  return <Overview overview={overview} consumer={consumer} />;
}

interface OverviewProps {
  readonly overview: ReturnType<typeof useLoad<DeadLetterOverview>>;
  readonly consumer: string | undefined;
}

function Overview({ overview: { value, error, loading, reload }, consumer }: OverviewProps) {
  const isShown = (one: { readonly consumer: string }) => consumer === undefined || one.consumer === consumer;
  const groups = (value?.groups ?? []).filter(isShown);
  const total =
    consumer === undefined ? (value?.total ?? 0) : groups.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="column narrow">
      <div class="tools">
        <h1>Dead letters{consumer === undefined ? "" : ` of ${shortText(consumer, 60)}`}</h1>
        <span class="quiet">
          {value ? `${countText(total, "dead letter")} in ${countText(groups.length, "group")}` : ""}
        </span>
        {consumer !== undefined && <a href={linkTo("dead-letters")}>all consumers</a>}
        <span class="push" />
        {consumer === undefined ? (
          <>
            <a class="button" href={linkTo("dead-letters", { all: "yes" })}>
              List them one by one
            </a>
            <HealButtons selection={{ all: true }} count={total} described="all dead letters" />
          </>
        ) : (
          <HealButtons
            key={consumer}
            selection={{ consumer }}
            count={total}
            described={`all of ${shortText(consumer, 60)}`}
          />
        )}
      </div>
      <RunningJobs />
      <Failure error={error} retry={reload} />
      {value === undefined && loading && <p class="empty">Reading the dead-letter queues…</p>}
      {value && groups.length === 0 && (
        <p class={`empty ${error || value.unread.length > 0 ? "" : "good"}`}>
          {value.unread.length > 0 ? "No dead letters, as far as they could be read." : "No dead letters."}
        </p>
      )}
      <ol class="groups">
        {groups.map((group) => (
          <li key={group.id}>
            <GroupLine group={group} />
          </li>
        ))}
      </ol>
      {value && <RedrivenList all={value.underWay.filter(isShown)} />}
      <Missing sentences={[...(value?.unread ?? []), ...(value?.missing ?? [])]} />
    </div>
  );
}

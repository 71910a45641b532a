// One group of dead letters in a line: how many, of which consumer, why, where, since when.

import type { DeadLetterGroup } from "../../api/dead-letter.ts";
import { linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { Bars } from "../widgets/bars.tsx";
import { shortText } from "../widgets/safe-text.ts";

interface GroupLineProps {
  readonly group: DeadLetterGroup;
  readonly current?: boolean;
}

export function GroupLine({ group, current = false }: GroupLineProps) {
  const {
    id,
    consumer,
    code,
    place,
    placeKind,
    count,
    lastSeen,
    firstSeen,
    overTime,
    sliceSeconds,
    cameBack,
  } = group;
  return (
    <a
      class="group-line"
      href={linkTo("dead-letters", { group: id })}
      aria-current={current ? "true" : undefined}
    >
      <b class="group-count">{count.toLocaleString("en")}</b>
      <span class="group-what">
        <span>
          <code class="code">{shortText(code, 60)}</code> <span>{shortText(consumer, 60)}</span>
          {cameBack > 0 && <span class="came-back">{cameBack} came back after a redrive</span>}
        </span>
        <span class="quiet">
          {placeKind === "code" ? <code>{shortText(place, 90)}</code> : shortText(place, 90)}
        </span>
      </span>
      <Bars values={overTime} sliceSeconds={sliceSeconds} noun="dead letter" />
      <span class="group-when quiet">
        <Ago at={lastSeen} />
        <small>
          first <Ago at={firstSeen} />
        </small>
      </span>
    </a>
  );
}

// The dead letters of a group as a list, with a choice of some of them.

import { useState } from "preact/hooks";
import type { DeadLetterGroup, DeadLetterRow, Selection } from "../../api/dead-letter.ts";
import { goTo, linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { Failure } from "../widgets/failure.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { countText } from "../widgets/time-text.ts";
import { VirtualList } from "../widgets/virtual-list.tsx";
import { HealButtons } from "./heal-buttons.tsx";
import { RunningJobs } from "./running-jobs.tsx";
import { useRows } from "./use-rows.ts";

interface RowsProps {
  /** Undefined: all. */
  readonly group: string | undefined;
  readonly shown: DeadLetterGroup | undefined;
  readonly current: string | undefined;
  readonly changed: string;
}

const ROW_HEIGHT = 54;

export function Rows({ group, shown, current, changed }: RowsProps) {
  const { rows, total, error, loading, more } = useRows(group, changed);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const theirs = group === undefined ? { all: "yes" } : { group };
  const keys = rows.filter(({ key }) => chosen.has(key)).map(({ key }) => key);

  const whole: Selection = group === undefined ? { all: true } : { group };

  function toggle(key: string): void {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
  }

  return (
    <section class="list" aria-labelledby="rows-title">
      <div class="tools">
        <a href={linkTo("dead-letters")} aria-label="Back to the groups">
          ← groups
        </a>
        <h1 id="rows-title">
          {shown ? (
            <>
              <code class="code">{shortText(shown.code, 40)}</code> {shortText(shown.consumer, 40)}
            </>
          ) : (
            "All dead letters"
          )}
        </h1>
      </div>
      <p class="quiet" role="status">
        {loading && rows.length === 0 ? "Reading…" : countText(total, "dead letter")}
        {shown && `, ${shortText(shown.place, 80)}`}
      </p>
      <div class="tools actions">
        <HealButtons
          {...(keys.length > 0
            ? { selection: { keys }, count: keys.length, described: `${keys.length} chosen` }
            : {
                selection: whole,
                count: total,
                described: group === undefined ? "all dead letters" : "the whole group",
              })}
        />
        {keys.length > 0 && (
          <button type="button" class="plain" onClick={() => setChosen(new Set())}>
            choose none
          </button>
        )}
      </div>
      <RunningJobs />
      <Failure error={error} />
      {!loading && total === 0 && <p class="empty good">None are left.</p>}
      <VirtualList
        label="Dead letters"
        rows={rows}
        total={total}
        rowHeight={ROW_HEIGHT}
        keyOf={({ key }) => key}
        selected={current}
        onOpen={({ key }) => goTo("dead-letters", { ...theirs, key })}
        onNearEnd={more}
        render={(row) => <Row row={row} chosen={chosen.has(row.key)} onToggle={() => toggle(row.key)} />}
      />
    </section>
  );
}

interface RowProps {
  readonly row: DeadLetterRow;
  readonly chosen: boolean;
  readonly onToggle: () => void;
}

function Row({ row, chosen, onToggle }: RowProps) {
  const { id, type, code, detail, consumer, parkedAt, redriven } = row;
  return (
    <div class="dead-row">
      <input
        type="checkbox"
        checked={chosen}
        aria-label={`Choose ${shortText(id, 60)}`}
        onClick={(event) => event.stopPropagation()}
        onChange={onToggle}
      />
      <span class="first">
        <b>{shortText(type ?? code, 60)}</b>
        {redriven > 0 && <span class="came-back">redriven {redriven} ×</span>}
        <Ago at={parkedAt} />
      </span>
      <span class="second quiet">
        {shortText(consumer, 40)}: {shortText(detail, 90)}
      </span>
    </div>
  );
}

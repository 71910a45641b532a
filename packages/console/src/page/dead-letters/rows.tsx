// The dead letters of a group as a list, with a choice of some of them.

import { useRef } from "preact/hooks";
import type { DeadLetterGroup, DeadLetterRow, Selection } from "../../api/dead-letter.ts";
import { goTo, linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { Failure } from "../widgets/failure.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { countText } from "../widgets/time-text.ts";
import { VirtualList } from "../widgets/virtual-list.tsx";
import { HealButtons } from "./heal-buttons.tsx";
import { RunningJobs } from "./running-jobs.tsx";
import { useChosen } from "./use-chosen.ts";
import { useRows } from "./use-rows.ts";

interface RowsProps {
  /** Undefined: all. */
  readonly group: string | undefined;
  readonly shown: DeadLetterGroup | undefined;
  readonly current: string | undefined;
  readonly changed: string;
  /** Every dead-letter queue was read. */
  readonly isWhole: boolean;
}

const ROW_HEIGHT = 54;

export function Rows({ group, shown, current, changed, isWhole }: RowsProps) {
  const { rows, total, error, loading, more } = useRows(group, changed);
  const isAll = !loading && !error && rows.length >= total;
  const chosen = useChosen(isAll ? rows : undefined);
  const theirs = group === undefined ? { all: "yes" } : { group };
  const whole: Selection = group === undefined ? { all: true } : { group };
  const isEmpty = rows.length === 0;

  return (
    <section class="list" aria-labelledby="rows-title">
      <Head group={group} shown={shown}>
        {isEmpty && loading ? "Reading…" : isEmpty && error ? "Not read" : countText(total, "dead letter")}
      </Head>
      <div class="tools actions">
        <HealButtons
          {...(chosen.any
            ? {
                selection: { keys: chosen.keys },
                count: chosen.keys.length,
                described: `${chosen.keys.length} chosen`,
              }
            : {
                selection: whole,
                count: total,
                described: group === undefined ? "all dead letters" : "the whole group",
              })}
        />
        {chosen.left > 0 && (
          <span class="quiet" role="status">
            {countText(chosen.left, "chosen one has", "chosen ones have")} left the queue
          </span>
        )}
        {chosen.any && (
          <button type="button" class="plain" onClick={chosen.none}>
            choose none
          </button>
        )}
      </div>
      <RunningJobs />
      <Failure error={error} />
      {isAll && isEmpty && (
        <p class={`empty ${isWhole ? "good" : ""}`}>
          {isWhole ? "None are left." : "None are left, as far as they could be read."}
        </p>
      )}
      <VirtualList
        label="Dead letters"
        rows={rows}
        total={total}
        rowHeight={ROW_HEIGHT}
        keyOf={({ key }) => key}
        selected={current}
        onOpen={({ key }) => goTo("dead-letters", { ...theirs, key })}
        onNearEnd={more}
        render={(row) => (
          <Row row={row} chosen={chosen.has(row.key)} onToggle={() => chosen.toggle(row.key)} />
        )}
      />
    </section>
  );
}

interface HeadProps extends Pick<RowsProps, "group" | "shown"> {
  /** How many. */
  readonly children: string;
}

/** A group that was healed keeps its name. */
function Head({ group, shown, children }: HeadProps) {
  const last = useRef(shown);
  last.current = shown ?? last.current;
  const { code, consumer, place } = last.current ?? {};
  return (
    <>
      <div class="tools">
        <a href={linkTo("dead-letters")} aria-label="Back to the groups">
          ← groups
        </a>
        <h1 id="rows-title">
          {code !== undefined ? (
            <>
              <code class="code">{shortText(code, 40)}</code> {shortText(consumer ?? "", 40)}
            </>
          ) : group === undefined ? (
            "All dead letters"
          ) : (
            "This group"
          )}
        </h1>
      </div>
      <p class="quiet" role="status">
        {children}
        {place !== undefined && `, ${shortText(place, 80)}`}
      </p>
    </>
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

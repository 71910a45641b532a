// One line for each urgent thing: what it is, since when, and the next step.

import type { NodeCounts } from "../../api/flow.ts";
import { GroupLine } from "../dead-letters/group-line.tsx";
import { linkTo } from "../shell/route.ts";
import { Ago } from "../widgets/ago.tsx";
import { Icon } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { countText, spanText } from "../widgets/time-text.ts";
import type { Urgent } from "./urgent.ts";

/** The state of the consumers is on the first screen, too. */
const SHOWN_MAX = 6;

export function UrgentList({ urgent }: { readonly urgent: readonly Urgent[] }) {
  if (urgent.length === 0) return null;
  return (
    <section aria-label="Most urgent">
      <ol class="urgent">
        {urgent.slice(0, SHOWN_MAX).map((one) => (
          <li key={keyOf(one)} class={one.kind === "dead" || one.kind === "unread" ? "bad" : "wait"}>
            <UrgentLine one={one} />
          </li>
        ))}
      </ol>
      {urgent.length > SHOWN_MAX && (
        <p>
          <a href={linkTo("dead-letters")}>{urgent.length - SHOWN_MAX} more</a>
        </p>
      )}
    </section>
  );
}

function UrgentLine({ one }: { readonly one: Urgent }) {
  if (one.kind === "dead") return <GroupLine group={one.group} />;
  if (one.kind === "unread") {
    return (
      <span class="urgent-line">
        <Icon name="alert" />
        <span>{shortText(one.sentence, 400)}</span>
      </span>
    );
  }
  const { node, counts } = one;
  const waiting =
    counts.waiting === undefined ? "" : countText(counts.waiting, "message waits", "messages wait");
  return (
    <a class="urgent-line" href={linkTo("flow", { select: node.id })}>
      <Icon name={one.kind === "paused" ? "paused" : "waiting"} />
      <span>
        <b>{shortText(node.label, 60)}</b>{" "}
        {counts.paused ? (
          <>
            {counts.paused.by === "breaker" ? "circuit breaker open" : "paused by hand"}
            {counts.paused.since && (
              <>
                {" "}
                since <Ago at={counts.paused.since} />
              </>
            )}
            {counts.paused.reason && `: ${shortText(counts.paused.reason)}`}
          </>
        ) : (
          oldText(counts)
        )}
      </span>
      <span class="quiet">{waiting}</span>
    </a>
  );
}

function oldText({ oldestSeconds = 0, neverEmptySeconds }: NodeCounts): string {
  if (neverEmptySeconds === undefined) return `has not been empty for ${spanText(oldestSeconds * 1_000)}`;
  return "was never empty while this console looked: how long its messages wait is not known";
}

function keyOf(one: Urgent): string {
  if (one.kind === "dead") return `dead ${one.group.id}`;
  return one.kind === "unread" ? `unread ${one.sentence}` : `${one.kind} ${one.node.id}`;
}

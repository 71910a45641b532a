// Says whether the numbers on the page are of now.

import { countsAgeMs, countsAreStale } from "../server/counts-age.ts";
import { connection, counts } from "../server/live.ts";
import { spanText } from "../widgets/time-text.ts";

const words = {
  connecting: "connecting",
  live: "live",
  lost: "reconnecting",
  ended: "stopped",
} as const;

export function LiveMark() {
  const stale = connection.value === "live" && countsAreStale.value;
  const old = counts.value ? `counted ${spanText(countsAgeMs.value)} ago` : "not counted";
  const text = stale ? old : words[connection.value];
  return (
    <span class={`live-mark ${stale ? "lost" : connection.value}`} role="status">
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

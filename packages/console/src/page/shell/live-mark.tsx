// Says whether the numbers on the page are of now.

import { connection, counts } from "../server/live.ts";
import { now } from "../widgets/now.ts";
import { spanText } from "../widgets/time-text.ts";

const words = {
  connecting: "connecting",
  live: "live",
  lost: "reconnecting",
  ended: "stopped",
} as const;

/** Counts that are older are named as such. */
const STALE_MS = 15_000;

export function LiveMark() {
  const at = counts.value?.at;
  const age = at === undefined ? 0 : now.value - Date.parse(at);
  const stale = connection.value === "live" && age > STALE_MS;
  const text = stale ? `counted ${spanText(age)} ago` : words[connection.value];
  return (
    <span class={`live-mark ${stale ? "lost" : connection.value}`} role="status">
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

// Changes when the dead letters may have changed: the server told it, a dead-letter queue has another count, or time passed.
// Nobody tells what happens on a stage, the counts of SQS are late, and a read leaves out what another reader has received just now.

import { computed } from "@preact/signals";
import { counts, deadLettersChanged, missedEvents } from "../server/live.ts";
import { now } from "../widgets/now.ts";

const EVERY_MS = 30_000;

const counted = computed(() =>
  Object.entries(counts.value?.nodes ?? {})
    .flatMap(([id, { dead }]) => (dead === undefined ? [] : `${id}=${dead}`))
    .join(" "),
);
const period = computed(() => Math.floor(now.value / EVERY_MS));

export const deadLettersVersion = computed(
  () => `${deadLettersChanged.value} ${missedEvents.value} ${period.value} ${counted.value}`,
);

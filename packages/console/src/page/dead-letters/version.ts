// Changes when the dead letters may have changed: the server told it, a dead-letter queue has another count, or, on a stage, time passed.
// On a stage nobody tells what happens there, and the counts of SQS are late.

import { computed } from "@preact/signals";
import { counts, deadLettersChanged, missedEvents } from "../server/live.ts";
import { about } from "../shell/about.ts";
import { now } from "../widgets/now.ts";

const STAGE_EVERY_MS = 30_000;

const counted = computed(() =>
  Object.entries(counts.value?.nodes ?? {})
    .flatMap(([id, { dead }]) => (dead === undefined ? [] : `${id}=${dead}`))
    .join(" "),
);
const period = computed(() => (about.value?.target === "stage" ? Math.floor(now.value / STAGE_EVERY_MS) : 0));

export const deadLettersVersion = computed(
  () => `${deadLettersChanged.value} ${missedEvents.value} ${period.value} ${counted.value}`,
);

// A number that grows when something happened, but not more often than a view can read again.

import { effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { activities, missedEvents } from "./live.ts";

const EVERY_MS = 2_000;

/** On a stage nothing is told as it happens, so it stays. */
export function useFresh(): number {
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let seen = activities.peek()[0]?.number ?? 0;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      const newest = activities.value[0]?.number ?? 0;
      if (newest === seen) return;
      seen = newest;
      waiting ??= setTimeout(() => {
        waiting = undefined;
        setTimes((count) => count + 1);
      }, EVERY_MS);
    });
    return () => {
      stop();
      clearTimeout(waiting);
    };
  }, []);
  return times + missedEvents.value;
}

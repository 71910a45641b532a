// A number that grows when something happened that concerns a view, but not more often than the view can read again.

import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Activity } from "../../api/stream.ts";
import { activities, missedEvents } from "./live.ts";

export function useFresh(concerns: (activity: Activity) => boolean, everyMs = 1_500): number {
  const [times, setTimes] = useState(0);
  const isConcerned = useRef(concerns);
  isConcerned.current = concerns;
  useEffect(() => {
    let seen = activities.value[0]?.number ?? 0;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      const news = activities.value.filter(({ number }) => number > seen);
      seen = news[0]?.number ?? seen;
      if (!news.some((activity) => isConcerned.current(activity))) return;
      waiting ??= setTimeout(() => {
        waiting = undefined;
        setTimes((count) => count + 1);
      }, everyMs);
    });
    return () => {
      stop();
      clearTimeout(waiting);
    };
  }, [everyMs]);
  return times + missedEvents.value;
}

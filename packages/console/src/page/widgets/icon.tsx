// The small pictures of the console, drawn here: no font and no file is loaded for them. Beside each stands a word.

import type { NodeKind } from "../../api/flow.ts";

export type IconName =
  | NodeKind
  | "kill"
  | "redelivery"
  | "absorbed"
  | "parked"
  | "paused"
  | "done"
  | "waiting"
  | "running"
  | "trouble"
  | "lost"
  | "search"
  | "message"
  | "theme"
  | "alert";

/** Strokes in a square of 16. */
const paths: Readonly<Record<IconName, string>> = {
  url: "M2 8h9M8 4.5 11.5 8 8 11.5M14 3v10",
  schedule: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2.2 1.4",
  schedules: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2.2 1.4",
  function: "M3.5 13 7.6 6.2M5 3h1.6c1.6 0 1.9 10 5 10H13",
  queue: "M2.5 4.5h11v7h-11zM6.2 4.5v7M9.8 4.5v7",
  "dead-letter-queue": "M2.5 4.5h11v7h-11zM5.8 6.2l4.4 3.6M10.2 6.2 5.8 9.8",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13",
  outbox: "M2.5 8.5v4.5h11V8.5M8 10V2.5M5 5.3 8 2.5l3 2.8",
  journal: "M3.5 2.5h9v11h-9zM5.8 5.5h4.4M5.8 8h4.4M5.8 10.5h2.8",
  outside:
    "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M2.5 8h11M8 2.5c-3.4 3.4-3.4 7.6 0 11M8 2.5c3.4 3.4 3.4 7.6 0 11",
  kill: "M4 4l8 8M12 4l-8 8",
  redelivery: "M12.8 6.2A5 5 0 1 0 13 9M13 2.8v3.6H9.4",
  absorbed: "M2.5 8h4M9.5 8h4M6.5 5.5a3 3 0 1 1 0 5M6.5 8h3",
  parked: "M4.5 13.5v-11h4a3 3 0 0 1 0 6h-4",
  paused: "M5.5 3.5v9M10.5 3.5v9",
  done: "M3 8.5 6.5 12 13 4.5",
  waiting: "M4 2.5h8M4 13.5h8M5 2.5c0 5 6 6 6 11M11 2.5c0 5-6 6-6 11",
  running: "M5 3.5 12 8l-7 4.5z",
  trouble: "M9 2 4 9h4l-1 5 5-7H8z",
  lost: "M3 8h10",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3.3 3.3",
  message: "M2.5 4h11v8h-11zM2.5 4.5 8 8.8l5.5-4.3",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  alert: "M8 2.5 14 13H2zM8 6.5v3M8 11v.6",
};

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

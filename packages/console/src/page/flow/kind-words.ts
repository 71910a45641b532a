// The word for each kind of node.

import type { ShownNode } from "./shown-flow.ts";

export const kindWords: Readonly<Record<ShownNode["kind"], string>> = {
  url: "function URL",
  schedule: "schedule",
  function: "function",
  queue: "queue",
  "dead-letter-queue": "dead-letter queue",
  table: "table",
  schedules: "scheduled messages",
  outbox: "outbox",
  journal: "journal",
  outside: "other system",
  service: "service",
};

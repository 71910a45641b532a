// The command line of `npm run outbox`.

import type { Tool } from "../terminal/command-line.ts";

export type OutboxVerb = "list" | "replay";

export const outboxTool: Tool<OutboxVerb> = {
  name: "outbox",
  about: "The outbox: messages that are committed but not sent yet. Normally it is empty.",
  verbs: {
    list: { about: "count by type, and the oldest; with --each, one line a row", flags: ["each"] },
    replay: {
      about: "send the rows now, oldest first, as the sweeper does",
      flags: ["id", "older-than", "all", "yes", "rate"],
    },
  },
  flagTexts: {
    id: "this row; may be given several times",
    "older-than": "rows committed longer ago: 90s, 30m, 12h, 7d",
    all: "all rows",
    each: "one line for each row",
  },
  notes: `Receivers recognize duplicates that the publisher sends at the same time.
Messages that inline evidence keeps in the items of a service's table come here only when they could not be sent.`,
};

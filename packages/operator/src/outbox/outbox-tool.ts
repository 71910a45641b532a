// The command line of `npm run outbox`.

import type { Tool } from "../terminal/command-line.ts";

export type OutboxVerb = "list" | "replay";

export const outboxTool: Tool<OutboxVerb> = {
  name: "outbox",
  about: "The outbox: messages that were committed and not yet sent. When all is well it is empty.",
  verbs: {
    list: { about: "how many of each type, and the oldest; with --each, row by row", flags: ["each"] },
    replay: {
      about: "send what is there now, oldest first, as the sweeper does",
      flags: ["id", "older-than", "all", "yes", "rate"],
    },
  },
  flagTexts: {
    id: "this row; may be given several times",
    "older-than": "rows committed longer ago: 90s, 30m, 12h, 7d",
    all: "all rows",
    each: "one line for each row",
  },
  notes: `Receivers absorb what the publisher sends at the same time.
Messages that inline evidence keeps in the items of a service's table come here only when they could not be sent.`,
};

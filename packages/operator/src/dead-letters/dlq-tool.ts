// The command line of `npm run dlq`.

import type { Tool } from "../terminal/command-line.ts";

export type DlqVerb = "list" | "show" | "redrive" | "discard" | "edit";

const selection = ["id", "source", "reason", "older-than", "younger-than"] as const;

export const dlqTool: Tool<DlqVerb> = {
  name: "dlq",
  about: "Dead letters: what was parked, why, what became of it, and back again.",
  verbs: {
    list: {
      about: "how many for each reason; with a selection or --each, one by one",
      flags: ["queue", ...selection, "each"],
    },
    show: {
      operands: "ID",
      about: "one in full, with its evidence and what a redrive would do",
      flags: ["queue", "source", "payload"],
    },
    redrive: {
      about: "back to the queue they came from; what was done is removed, what would be parked again is left",
      flags: ["queue", ...selection, "all", "yes", "rate", "force", "hold", "wait"],
    },
    discard: {
      about: "deleted for good, with a reason",
      flags: ["queue", ...selection, "all", "yes", "because", "vouch", "hold"],
    },
    edit: {
      operands: "ID",
      about: "a corrected message in its place, under an id of its own",
      flags: ["queue", "source", "data", "vouch", "yes", "hold"],
    },
  },
  notes: `Of a FIFO queue only the first dead letters of each group can be seen. A redrive of one brings its whole group, in
order; a discard goes through a group as long as its messages match, and the next one waits for a redrive.
ID is the message's own id, or the id that SQS gave one of its copies. Remove the cause before a redrive, or the message
will end up back here. Any of these may be interrupted and run again.`,
};

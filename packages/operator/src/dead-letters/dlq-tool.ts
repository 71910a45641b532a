// The command line of `npm run dlq`.

import type { Tool } from "../terminal/command-line.ts";

export type DlqVerb = "list" | "show" | "redrive" | "discard" | "edit" | "pull";

const selection = ["id", "source", "reason", "older-than", "younger-than"] as const;

export const dlqTool: Tool<DlqVerb> = {
  name: "dlq",
  about: "Dead letters: list, show, redrive, discard, edit or pull parked messages.",
  verbs: {
    list: {
      about: "count by reason; with a selection or --each, one line each",
      flags: ["queue", ...selection, "each"],
    },
    show: {
      operands: "ID",
      about: "show one with its evidence and the effect of a redrive",
      flags: ["queue", "source", "payload"],
    },
    redrive: {
      about: "send back to the queue; removes processed messages, leaves those that would be parked again",
      flags: ["queue", ...selection, "all", "yes", "rate", "force", "visibility-timeout", "wait"],
    },
    discard: {
      about: "delete for good, with a reason",
      flags: ["queue", ...selection, "all", "yes", "because", "trust-unverified", "visibility-timeout"],
    },
    edit: {
      operands: "ID",
      about: "replace by a corrected message with a new id",
      flags: ["queue", "source", "data", "trust-unverified", "yes", "visibility-timeout"],
    },
    pull: {
      operands: "ID",
      about: "handle one on this machine, without a change to the stage; say what it would commit",
      flags: [
        "queue",
        "source",
        "inspect",
        "values",
        "allow-effects",
        "assembly",
        "send-back",
        "force",
        "yes",
      ],
    },
  },
  notes: `In a FIFO queue only the first dead letters of each group are visible. A redrive sends the whole group, in order; a
discard goes through a group until a message does not match, which then waits for a redrive. ID is the message's id, or
the SQS message id of a copy. Fix the cause before a redrive, or the message will end up back here. You can interrupt any
of these commands and run it again.`,
};

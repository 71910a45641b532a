// The command line of `npm run journal`.

import type { Tool } from "../terminal/command-line.ts";

export type JournalVerb = "tail" | "offsets" | "rebuild";

export const journalTool: Tool<JournalVerb> = {
  name: "journal",
  about: "The journal: every message that was published, and how far its projections are.",
  verbs: {
    tail: {
      about: "the newest entries, and with --follow those that come",
      flags: ["journal", "partition", "last", "follow", "payload"],
    },
    offsets: {
      about: "each projection's place in each partition, and how far it is behind",
      flags: ["journal"],
    },
    rebuild: {
      operands: "NAME",
      about: "build this projection again from the beginning, while the old one serves",
      flags: ["journal", "yes", "follow"],
    },
  },
  notes: `A rebuild is done by the projection's own function at its next runs; --follow waits until the new generation serves.
While one is being built a second rebuild begins nothing. With --follow and --json, tail writes one line of JSON an entry.`,
};

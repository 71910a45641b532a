// The command line of `npm run journal`.

import type { Tool } from "../terminal/command-line.ts";

export type JournalVerb = "tail" | "offsets" | "rebuild";

export const journalTool: Tool<JournalVerb> = {
  name: "journal",
  about: "The journal: all published messages, and the position of each projection.",
  verbs: {
    tail: {
      about: "the newest entries; with --follow also new ones",
      flags: ["journal", "partition", "last", "follow", "payload"],
    },
    offsets: {
      about: "each projection's offset in each partition, and its lag",
      flags: ["journal"],
    },
    rebuild: {
      operands: "NAME",
      about: "rebuild a projection from the beginning, while the old one serves",
      flags: ["journal", "yes", "follow"],
    },
  },
  notes: `The projection's function does the rebuild in its next runs; --follow waits until the new generation serves.
While one is being built a second rebuild begins nothing. With --follow and --json, tail writes one line of JSON an entry.`,
};

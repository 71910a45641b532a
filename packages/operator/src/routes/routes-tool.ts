// The command line of `npm run routes`.

import type { Tool } from "../terminal/command-line.ts";

export type RoutesVerb = "list" | "check" | "leaving";

export const routesTool: Tool<RoutesVerb> = {
  name: "routes",
  about: "The routes: which consumers receive which message types, as registered by the stacks of all apps.",
  verbs: {
    list: { about: "each type, with its publishers and consumers", flags: [] },
    check: {
      about: "compare the contracts of all apps and check the queues; fails if something is wrong",
      flags: [],
    },
    leaving: {
      operands: "NAME",
      about: "messages that wait for this consumer, before you deploy its stack without it",
      flags: [],
    },
  },
  notes: `A synthesis checks the contracts of one app; check compares those of all apps of a stage.
leaving ends with code 4 while something would be left.`,
};

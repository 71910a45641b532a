// The command line of `npm run routes`.

import type { Tool } from "../terminal/command-line.ts";

export type RoutesVerb = "list" | "check" | "leaving";

export const routesTool: Tool<RoutesVerb> = {
  name: "routes",
  about: "The routes: which message type goes to whom, by what the stacks of all apps have registered.",
  verbs: {
    list: { about: "each type, who publishes it and who accepts it", flags: [] },
    check: {
      about:
        "hold the contracts of all apps against each other, and look at the queues; fails if something is wrong",
      flags: [],
    },
    leaving: {
      operands: "NAME",
      about: "what is still on its way to this consumer, before its stack is deployed without it",
      flags: [],
    },
  },
  notes: `A synthesis checks the contracts of one app; check does the same for all apps of a stage.
leaving ends with code 4 while something would be left.`,
};

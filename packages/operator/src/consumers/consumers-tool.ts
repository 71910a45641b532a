// The command line of `npm run consumers`.

import type { Tool } from "../terminal/command-line.ts";

export type ConsumersVerb = "list" | "pause" | "resume";

export const consumersTool: Tool<ConsumersVerb> = {
  name: "consumers",
  about: "The consumers: which of them receive messages, and which are paused, by whom and why.",
  verbs: {
    list: { about: "each consumer, with the messages in its queue", flags: [] },
    pause: {
      operands: "NAME",
      about: "stop receiving messages of this consumer; those that it has are processed",
      flags: ["because"],
    },
    resume: { operands: "NAME", about: "receive messages again", flags: [] },
  },
  flagTexts: { because: "the reason, for whoever finds it paused" },
  notes: `NAME is reserve-credit or ReserveCredit. A pause disables the consumer's event source mapping: messages wait in their
queue, use up no attempt, and are kept until the queue's retention ends. \`npm run deploy\` pauses what it finds enabled again.
list ends with code 4 while a consumer is paused.`,
};

// The command line of `npm run schedules`.

import type { Tool } from "../terminal/command-line.ts";

export type SchedulesVerb = "list" | "show" | "cancel" | "send";

export const schedulesTool: Tool<SchedulesVerb> = {
  name: "schedules",
  about: "Scheduled messages: committed, and waiting for their time.",
  verbs: {
    list: {
      about: "count by contract and type, and the next; with --each, one line a message",
      flags: ["each"],
    },
    show: { operands: "CONTRACT KEY", about: "one message: its time, ids and size", flags: ["payload"] },
    cancel: { operands: "CONTRACT KEY", about: "cancel it: it is never sent", flags: ["yes"] },
    send: { operands: "CONTRACT KEY", about: "send it now, by the dispatcher", flags: ["yes"] },
  },
  flagTexts: { each: "one line for each message, the next ones first" },
  notes: `CONTRACT and KEY are those of the function that scheduled it: unit.schedule(message, { key, … }). CONTRACT is remind-late or
RemindLate. A KEY that begins with two dashes stands at the end, behind -- and all flags.
A message that is sent meanwhile cannot be canceled: the command says so.`,
};

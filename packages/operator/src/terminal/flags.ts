// The flags of the operator's commands: one word means one thing in all of them.

export interface Flag {
  readonly type: "string" | "boolean";
  readonly multiple?: true;
  readonly short?: string;
  /** Placeholder of its value in the help. */
  readonly value?: string;
  readonly text: string;
}

export const flags = {
  id: { type: "string", multiple: true, value: "ID", text: "this message; may be given several times" },
  source: { type: "string", value: "SOURCE", text: "of this source: for an id that several messages have" },
  reason: {
    type: "string",
    multiple: true,
    value: "CODE",
    text: "parked for this reason; may be given again",
  },
  "older-than": { type: "string", value: "AGE", text: "parked longer ago: 90s, 30m, 12h, 7d" },
  "younger-than": { type: "string", value: "AGE", text: "parked less long ago" },
  all: { type: "boolean", text: "all of them" },
  queue: { type: "string", value: "NAME", text: "of this consumer only: ReserveCredit or reserve-credit" },
  each: { type: "boolean", text: "one line for each dead letter" },
  payload: { type: "boolean", text: "show what the messages say; without it only how large it is" },
  because: { type: "string", value: "TEXT", text: "why; it is kept beside the evidence" },
  data: {
    type: "string",
    value: "FILE",
    text: "JSON file with the data in its place; - reads standard input",
  },
  vouch: {
    type: "boolean",
    text: "treat a message without a valid signature as genuine: you have asked its producer",
  },
  wait: {
    type: "boolean",
    text: "wait for what becomes of those that are sent back, for at most two minutes",
  },
  force: { type: "boolean", text: "send also what would be left: it may be parked again, or be done twice" },
  rate: { type: "string", value: "N", text: "at most so many messages a second (default 50)" },
  hold: { type: "string", value: "SECONDS", text: "hide what is read from others for so long (default 60)" },
  partition: { type: "string", value: "N", text: "of this partition only" },
  last: { type: "string", value: "N", text: "the last so many entries of each partition (default 10)" },
  follow: { type: "boolean", text: "stay, and show what comes; Ctrl-C ends it" },
  journal: { type: "string", value: "NAME", text: "the journal's name (default journal)" },
  yes: { type: "boolean", text: "do it; without it the command only says what it would do" },
  stage: {
    type: "string",
    value: "NAME",
    text: "the deployed stacks of this stage, instead of the local cloud",
  },
  outputs: {
    type: "string",
    value: "FILE",
    text: "a deployment by the file of cdk deploy --outputs-file FILE",
  },
  cloud: {
    type: "string",
    value: "FILE",
    text: "another local cloud's file (default .local-cloud/cloud.json)",
  },
  json: { type: "boolean", text: "one JSON document instead of text" },
  help: { type: "boolean", short: "h", text: "this text" },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof flags;

export type Given = {
  readonly [Name in FlagName]?: (typeof flags)[Name] extends { multiple: true }
    ? readonly string[]
    : (typeof flags)[Name] extends { type: "boolean" }
      ? boolean
      : string;
};

/** Every verb takes these. */
export const placeFlags = ["stage", "outputs", "cloud"] as const satisfies readonly FlagName[];
export const commonFlags = [...placeFlags, "json", "help"] as const satisfies readonly FlagName[];

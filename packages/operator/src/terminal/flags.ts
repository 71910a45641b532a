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
  source: { type: "string", value: "SOURCE", text: "only from this source, if several messages have one id" },
  reason: {
    type: "string",
    multiple: true,
    value: "CODE",
    text: "parked for this reason; may be given several times",
  },
  "older-than": { type: "string", value: "AGE", text: "parked longer ago than 90s, 30m, 12h, 7d" },
  "younger-than": { type: "string", value: "AGE", text: "parked less long ago than AGE" },
  all: { type: "boolean", text: "all of them" },
  queue: { type: "string", value: "NAME", text: "only of this consumer: ReserveCredit or reserve-credit" },
  each: { type: "boolean", text: "one line for each dead letter" },
  payload: { type: "boolean", text: "show the payload; without it only its size" },
  because: { type: "string", value: "TEXT", text: "the reason, kept beside the evidence" },
  data: {
    type: "string",
    value: "FILE",
    text: "JSON file with the new data; - reads standard input",
  },
  "trust-unverified": {
    type: "boolean",
    text: "accept a message without a valid signature, after you have asked its producer",
  },
  wait: {
    type: "boolean",
    text: "wait for the outcome of sent messages, at most two minutes",
  },
  force: {
    type: "boolean",
    text: "also send messages that would be left: they may be parked again or take effect twice",
  },
  inspect: { type: "boolean", text: "wait for a debugger, at an address of this machine that is printed" },
  values: { type: "boolean", text: "show the values of changed items; without it only their names" },
  "allow-effects": {
    type: "boolean",
    text: "let the handler really call other services; without it such calls fail",
  },
  assembly: { type: "string", value: "DIR", text: "run what a synthesis wrote here, and synthesize nothing" },
  "send-back": { type: "boolean", text: "with --yes: redrive it after a run that was acknowledged" },
  rate: { type: "string", value: "N", text: "messages a second, at most (default 50)" },
  "visibility-timeout": {
    type: "string",
    value: "SECONDS",
    text: "visibility timeout of messages it reads (default 60)",
  },
  partition: { type: "string", value: "N", text: "of this partition only" },
  last: { type: "string", value: "N", text: "entries to show of each partition (default 10)" },
  follow: { type: "boolean", text: "keep running and show new entries; Ctrl-C ends it" },
  journal: { type: "string", value: "NAME", text: "the journal's name (default journal)" },
  yes: { type: "boolean", text: "do it; without it the command is a dry run" },
  stage: {
    type: "string",
    value: "NAME",
    text: "the deployed stacks of this stage, instead of the local cloud",
  },
  outputs: {
    type: "string",
    value: "FILE",
    text: "the deployment of this file of cdk deploy --outputs-file",
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

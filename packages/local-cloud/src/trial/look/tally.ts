// Counts what the local cloud tells about deliveries: for the live display and the account at the end. What is
// true of the messages is not counted here; it is read from the tables.

import type { LocalEvent } from "../../model/events.ts";

export interface Tally {
  readonly counts: Counts;
  /** Messages that were redelivered because their function's process died, the ones with a known end first. */
  survivors(): Survivor[];
  /** True once there is something wrong that only an event tells. */
  readonly troubles: readonly string[];
  /** What functions may not and wanted to, each once. */
  readonly denials: readonly string[];
  note(event: LocalEvent): void;
}

export interface Counts {
  processed: number;
  duplicatesAbsorbed: number;
  redelivered: number;
  retriesAsked: number;
  parked: number;
  /** Given up, and said so, by a consumer that may lose messages. */
  losses: number;
  kills: number;
  doubleDeliveries: number;
  droppedResponses: number;
  lostConnections: number;
  invocations: number;
  coldStarts: number;
  denied: number;
}

/** A message that outlived a function. */
export interface Survivor {
  readonly functionName: string;
  readonly envelopeId: string;
  readonly receiveCount: number;
  /** How it went the last time: PROCESSED, DUPLICATE, ...; absent when no line says so. */
  ending?: string;
}

const SURVIVORS_MAX = 200;
const TROUBLES_MAX = 20;
const DENIALS_MAX = 20;

/** The code of a consumer's log line → what it counts as. */
const COUNTED: Readonly<Record<string, keyof Counts>> = {
  PROCESSED: "processed",
  DUPLICATE: "duplicatesAbsorbed",
  RETRY_LATER: "retriesAsked",
  PARKED: "parked",
  LOST: "losses",
};

const CHAOS: Readonly<Record<string, keyof Counts>> = {
  kill: "kills",
  duplicate: "doubleDeliveries",
  "drop-response": "droppedResponses",
  "lost-response": "lostConnections",
};

export function startTally(): Tally {
  const counts: Counts = {
    processed: 0,
    duplicatesAbsorbed: 0,
    redelivered: 0,
    retriesAsked: 0,
    parked: 0,
    losses: 0,
    kills: 0,
    doubleDeliveries: 0,
    droppedResponses: 0,
    lostConnections: 0,
    invocations: 0,
    coldStarts: 0,
    denied: 0,
  };
  const survivors = new Map<string, Survivor>();
  const troubles: string[] = [];
  const denials = new Set<string>();

  function note(event: LocalEvent): void {
    switch (event.kind) {
      case "invocation":
        counts.invocations += 1;
        if (event.coldStart) counts.coldStarts += 1;
        if (event.error) trouble(`${nameOf(event.path)}: ${event.error.type}: ${event.error.message}`);
        break;
      case "redelivery":
        counts.redelivered += 1;
        if (event.afterOutcome === "killed" && event.envelopeId && survivors.size < SURVIVORS_MAX) {
          const { envelopeId, receiveCount } = event;
          const functionName = nameOf(event.path);
          survivors.set(`${functionName} ${envelopeId}`, { functionName, envelopeId, receiveCount });
        }
        break;
      case "chaos":
        add(CHAOS[event.what]);
        break;
      case "log":
        noteLine(event.path, event.line);
        break;
      case "stream-failure":
        trouble(`${nameOf(event.path)} gave up ${event.records} stream records: ${event.reason}`);
        break;
      case "denial":
        counts.denied += 1;
        if (denials.size < DENIALS_MAX) denials.add(event.line);
        break;
    }
  }

  function noteLine(path: string, line: string): void {
    const { code, messageId } = logFields(line);
    if (code === undefined) {
      trouble(`${nameOf(path)}: ${line}`);
      return;
    }
    add(COUNTED[code]);
    const survivor = survivors.get(`${nameOf(path)} ${messageId}`);
    if (survivor && COUNTED[code]) survivor.ending = code;
  }

  function add(counter: keyof Counts | undefined): void {
    if (counter) counts[counter] += 1;
  }

  function trouble(text: string): void {
    if (troubles.length < TROUBLES_MAX && !troubles.includes(text)) troubles.push(text);
  }

  return {
    counts,
    troubles,
    get denials() {
      return [...denials];
    },
    note,
    survivors: () => [...survivors.values()].sort((a, b) => Number(!a.ending) - Number(!b.ending)),
  };
}

/** `Credit/ReserveCredit/Function` → `ReserveCredit` */
function nameOf(path: string): string {
  return path.split("/").at(1) ?? path;
}

function logFields(line: string): { code?: string; messageId?: string } {
  try {
    const { code, messageId } = Object(JSON.parse(line));
    return {
      ...(typeof code === "string" && { code }),
      ...(typeof messageId === "string" && { messageId }),
    };
  } catch {
    return {}; // not a line of our log: a stack trace, a runtime's word
  }
}

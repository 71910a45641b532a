// An event of the local cloud as a line for people. Nothing of a payload is in it.

import type { LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import { printable } from "@essentially-once/operator/safe-text";
import type { Activity } from "../../api/stream.ts";
import { endOf } from "./delivery-ends.ts";
import { lineIn, type SaidLine } from "./fields-in.ts";

/** Undefined for a start, and for a line about no message. */
export function activityOf(event: LocalEvent, nowMs: number): Activity | undefined {
  const at = new Date(nowMs).toISOString();
  switch (event.kind) {
    case "invocation": {
      const { path, records, outcome, durationMs: ranMs, processId } = event;
      const failed = event.failures > 0 ? `, ${event.failures} not done` : "";
      const text = `${nameOf(path)}: ${records} ${records === 1 ? "record" : "records"}, ${outcome}${failed}`;
      return { at, what: "invocation", nodeId: path, text, environment: `${processId}`, ranMs };
    }
    case "chaos": {
      const { what, path } = event;
      return {
        at,
        what,
        ...(path && { nodeId: path }),
        text: `${path ? `${nameOf(path)}: ` : ""}${CHAOS[what]}`,
      };
    }
    case "redelivery": {
      const { path, receiveCount, afterOutcome = "an unknown end", envelopeId } = event;
      const text = `${nameOf(path)}: delivery ${receiveCount} after ${WORDS[afterOutcome] ?? afterOutcome}`;
      return {
        ...{ at, what: "redelivery", nodeId: path, text },
        ...(envelopeId && { message: { id: shown(envelopeId) } }),
      };
    }
    case "log":
      return ofLine(event.path, lineIn(event.line), at);
    case "stream-failure":
      return { at, what: "trouble", nodeId: event.path, text: `${nameOf(event.path)}: ${event.reason}` };
    case "denial":
      return { at, what: "trouble", nodeId: event.path, text: shown(event.line) };
    case "started":
      return undefined;
  }
}

function ofLine(path: string, line: SaidLine | undefined, at: string): Activity | undefined {
  const end = line && endOf(line);
  if (!line?.message || !end) return undefined;
  const what = LINES[end.end];
  if (what === undefined) return undefined;
  const { id, source } = line.message;
  const why = end.code ? ` ${shown(end.code)}` : "";
  const when = end.retryAfterSeconds === undefined ? "" : `, again in ${end.retryAfterSeconds} s`;
  const text = `${nameOf(path)}: ${what}${why}${when}`;
  return { at, what, nodeId: path, text, message: { id: shown(id), source: shown(source) } };
}

const LINES: Readonly<Record<string, Activity["what"]>> = {
  duplicate: "absorbed",
  retried: "retried",
  parked: "parked",
  lost: "trouble",
};

const CHAOS = {
  kill: "process killed",
  duplicate: "batch delivered to two processes",
  "drop-response": "response dropped",
  "lost-response": "connection lost before an answer",
} as const;

const WORDS: Readonly<Record<string, string>> = {
  killed: "its process was killed",
  timeout: "a timeout",
  error: "an error",
  dropped: "its response was dropped",
  returned: "it was returned",
};

/** `Credit/ReserveCredit/Function` → `ReserveCredit` */
function nameOf(path: string): string {
  return path.split("/").at(1) ?? path;
}

function shown(text: string): string {
  return printable(text, 300);
}

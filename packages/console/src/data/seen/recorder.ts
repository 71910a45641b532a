// Follows the local cloud's events: which message is in which delivery, how each ended, and how often a function did what.
//
//   Events tell what happened to deliveries. That a message was processed is asked of its evidence.

import type { LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import type { FunctionTotals } from "../../api/flow.ts";
import type { Activity, StreamEvent } from "../../api/stream.ts";
import { activityOf } from "./activities.ts";
import { deliveriesIn } from "./deliveries-in.ts";
import { endBy, endOf, endOfOutcome } from "./delivery-ends.ts";
import { lineIn } from "./fields-in.ts";
import {
  DELIVERIES_MAX,
  type MessageIndex,
  messageIndex,
  type SeenDelivery,
  type SeenMessage,
} from "./message-index.ts";
import { type Resend, resendable } from "./resend.ts";

export interface Recorder {
  note(event: LocalEvent): void;
  readonly messages: MessageIndex;
  /** Construct path of a function → what it did. */
  totals(): ReadonlyMap<string, FunctionTotals>;
  /** Messages that the function processed in the last minute. */
  perMinute(path: string): number;
  /** The record of a message as its queue delivered it. */
  readonly resend: Resend;
  watch(tell: (event: StreamEvent) => void): () => void;
}

interface Request {
  readonly path: string;
  readonly environment: string;
  readonly startedMs: number;
  readonly parts: [SeenMessage, SeenDelivery][];
  ended: boolean;
}

type Totals = { -readonly [Name in keyof FunctionTotals]: number };

const REQUESTS_MAX = 5_000;
const MINUTE_MS = 60_000;

export function startRecorder(now: () => number = Date.now): Recorder {
  const messages = messageIndex();
  const requests = new Map<string, Request>();
  const totals = new Map<string, Totals>();
  const processedMs = new Map<string, number[]>();
  const watchers = new Set<(event: StreamEvent) => void>();
  const resend = resendable();

  function note(event: LocalEvent): void {
    switch (event.kind) {
      case "started":
        started(event);
        break;
      case "log":
        said(event);
        break;
      case "invocation":
        ended(event);
        break;
      case "chaos":
        if (event.path && event.what === "kill") totalsOf(event.path).kills += 1;
        for (const [, delivery] of requests.get(event.requestId ?? "")?.parts ?? []) {
          delivery.chaos.push(event.what);
          if (event.what === "drop-response") delivery.end = "response-dropped";
        }
        break;
      case "redelivery":
        totalsOf(event.path).redelivered += 1;
        break;
    }
    const activity = activityOf(event, now());
    if (activity) tell(activity);
  }

  function started({ path, requestId, processId, event }: LocalEvent & { kind: "started" }): void {
    const request: Request = { path, environment: `${processId}`, startedMs: now(), parts: [], ended: false };
    requests.set(requestId, request);
    for (const [oldest, { ended }] of requests) {
      if (requests.size <= REQUESTS_MAX) break;
      if (!ended && requests.size <= 2 * REQUESTS_MAX) continue;
      requests.delete(oldest);
    }
    totalsOf(path).running += 1;
    for (const { fields, record, ...more } of deliveriesIn(event)) {
      const message = messages.see(fields);
      const { startedMs, environment } = request;
      add(request, message, { path, requestId, environment, startedMs, chaos: [], ...more });
      messages.nameAlso(message, more.sqsMessageId);
      resend.keep(fields, record);
    }
  }

  function add({ parts }: Request, message: SeenMessage, delivery: SeenDelivery): void {
    if (message.deliveries.length >= DELIVERIES_MAX) {
      message.deliveries.shift();
      message.dropped = (message.dropped ?? 0) + 1;
    }
    message.deliveries.push(delivery);
    parts.push([message, delivery]);
  }

  function said({ path, requestId, line }: LocalEvent & { kind: "log" }): void {
    const told = lineIn(line);
    const end = told && endOf(told);
    if (!told?.message || !end) return;
    const { id, source } = told.message;
    const request = requests.get(requestId);
    if (end.end === "processed") processed(path);
    if (end.end === "duplicate") totalsOf(path).duplicatesAbsorbed += 1;
    if (end.end === "parked") totalsOf(path).parked += 1;
    if (!request) return;
    const isIt = ({ fields }: SeenMessage) => fields.id === id && fields.source === source;
    const open = request.parts.filter(([message]) => isIt(message));
    if (open.length === 0) {
      const { environment, startedMs } = request; // a request of an endpoint, whose message is known only now
      const delivery = { path, requestId, environment, startedMs, chaos: [] };
      add(request, messages.see(told.message), delivery);
      open.push(...request.parts.slice(-1));
    }
    for (const [, delivery] of open) endBy(delivery, end, now());
  }

  function ended({ path, requestId, outcome }: LocalEvent & { kind: "invocation" }): void {
    const counts = totalsOf(path);
    counts.invocations += 1;
    counts.running = Math.max(0, counts.running - 1);
    if (outcome === "error" || outcome === "timeout") counts.errors += 1;
    const request = requests.get(requestId);
    if (!request) return;
    request.ended = true;
    for (const [, delivery] of request.parts) {
      delivery.endedMs = now();
      const end = endOfOutcome(outcome);
      if (end !== undefined) delivery.end = end;
    }
  }

  function processed(path: string): void {
    const times = processedMs.get(path) ?? [];
    processedMs.set(path, times);
    times.push(now());
    while ((times[0] ?? 0) <= now() - MINUTE_MS) times.shift();
  }

  function totalsOf(path: string): Totals {
    const known = totals.get(path) ?? { ...NOTHING };
    totals.set(path, known);
    return known;
  }

  function tell(activity: Activity): void {
    for (const watcher of watchers) watcher({ kind: "activity", activity });
  }

  return {
    note,
    messages,
    resend,
    totals: () => totals,
    perMinute: (path) => (processedMs.get(path) ?? []).filter((ms) => ms > now() - MINUTE_MS).length,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

const NOTHING: FunctionTotals = {
  invocations: 0,
  running: 0,
  errors: 0,
  kills: 0,
  redelivered: 0,
  duplicatesAbsorbed: 0,
  parked: 0,
};

// The stream of events, kept open: counts, activities, jobs. It reconnects by itself and then goes on after the last event it has.
//
//   G11. The page keeps the newest activities only, and takes events in groups: a thousand a second do not freeze it.

import { batch, signal } from "@preact/signals";
import type { Job } from "../../api/dead-letter.ts";
import type { Counts } from "../../api/flow.ts";
import type { Activity, StreamEvent } from "../../api/stream.ts";
import { tellTime, timeNow } from "../widgets/now.ts";
import { openStream, RequestFailed } from "./requests.ts";

export type Connection = "connecting" | "live" | "lost" | "ended";

/** With a number of its own, for lists. */
export interface Numbered extends Activity {
  readonly number: number;
}

export const connection = signal<Connection>("connecting");
/** Since when it is live, for as long as it is. */
export const liveSinceMs = signal<number | undefined>(undefined);
/** When it was lost, for as long as it is. */
export const lostAtMs = signal<number | undefined>(undefined);
export const counts = signal<Counts | undefined>(undefined);
/** The newest first. */
export const activities = signal<readonly Numbered[]>([]);
export const jobs = signal<Readonly<Record<string, Job>>>({});
/** Grows when dead letters changed. */
export const deadLettersChanged = signal(0);
/** Grows when events were missed: everything is to be read again. */
export const missedEvents = signal(0);

const ACTIVITIES_MAX = 300;
const JOBS_MAX = 20;
const FLUSH_MS = 120;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 5_000;

let lastId: number | undefined;
let number = 0;
let pending: StreamEvent[] = [];
let flushing: ReturnType<typeof setTimeout> | undefined;

/** Reads until `signal` aborts or the server says that it ends. Another run of the server counts its events and jobs anew. */
export async function follow(signal: AbortSignal): Promise<void> {
  forget();
  let retryMs = RETRY_MS_MIN;
  while (!signal.aborted && connection.value !== "ended") {
    try {
      const response = await openStream(lastId, signal);
      connection.value = "live";
      liveSinceMs.value = timeNow();
      lostAtMs.value = undefined;
      retryMs = RETRY_MS_MIN;
      await readEvents(response);
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return;
    }
    if (signal.aborted || isEnded()) return;
    connection.value = "lost";
    liveSinceMs.value = undefined;
    lostAtMs.value ??= timeNow();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

function forget(): void {
  clearTimeout(flushing);
  flushing = undefined;
  pending = [];
  lastId = undefined;
  batch(() => {
    connection.value = "connecting";
    liveSinceMs.value = undefined;
    lostAtMs.value = undefined;
    counts.value = undefined;
    activities.value = [];
    jobs.value = {};
  });
}

function isEnded(): boolean {
  return connection.value === "ended";
}

async function readEvents(response: Response): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) return;
    text += piece.value;
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) take(frame);
  }
}

function take(frame: string): void {
  for (const line of frame.split("\n")) {
    if (line.startsWith("id: ")) lastId = Number(line.slice(4));
    if (line.startsWith("data: ")) pending.push(JSON.parse(line.slice(6)) as StreamEvent);
  }
  if (flushing === undefined) flushing = setTimeout(flush, FLUSH_MS);
}

function flush(): void {
  const events = pending;
  pending = [];
  flushing = undefined;
  batch(() => {
    const news: Numbered[] = [];
    for (const event of events) {
      if (event.kind === "activity") news.push({ ...event.activity, number: ++number });
      else apply(event);
    }
    if (news.length > 0) activities.value = [...news.reverse(), ...activities.value].slice(0, ACTIVITIES_MAX);
  });
}

function apply(event: Exclude<StreamEvent, { kind: "activity" }>): void {
  switch (event.kind) {
    case "counts":
      tellTime(event.counts.at);
      counts.value = event.counts;
      return;
    case "job":
      keepJob(event.job);
      return;
    case "dead-letters":
      deadLettersChanged.value += 1;
      return;
    case "gap":
      missedEvents.value += 1;
      return;
    case "end":
      connection.value = "ended";
  }
}

/** An answer may be older than what the stream has told meanwhile. */
export function keepJob(job: Job): void {
  const known = jobs.peek()[job.id];
  if (known && (known.done > job.done || known.state !== "running")) return;
  const others = Object.entries(jobs.value).filter(([id]) => id !== job.id);
  jobs.value = Object.fromEntries([...others, [job.id, job] as const].slice(-JOBS_MAX));
}

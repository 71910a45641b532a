// Redrives and discards, one after the other, by the code of the commands. A page that asks gets a job, and its progress by the stream.
//
//   G6. A dry run is the same run of the same code, which only says what it would do. A run that changes names its dry run, and
//       touches at most what that listed.
//   G11. So many jobs are remembered, and so many results of each.

import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { type Handled, QueuesFailed, redrive } from "@essentially-once/operator/dead-letters/redrive";
import { discard } from "@essentially-once/operator/internal/dead-letters/discard";
import type { DiscardRequest, Job, JobResult, RedriveRequest, Selection } from "../../api/dead-letter.ts";
import type { StreamEvent } from "../../api/stream.ts";
import type { Reached } from "../reached.ts";
import { NotRight } from "../source.ts";
import { type DryRun, dryRuns } from "./dry-runs.ts";
import type { History } from "./history.ts";
import { failureOf, keyOf } from "./identity.ts";
import type { Snapshots } from "./snapshot.ts";
import type { Turns } from "./turns.ts";

export interface Jobs {
  redrive(request: RedriveRequest): Promise<Job>;
  discard(request: DiscardRequest): Promise<Job>;
  get(id: string): Job | undefined;
  /** Without their results. */
  running(): readonly Job[];
  /** Those that run finish what they are at, and no more. */
  stop(): void;
}

export interface JobsOptions {
  readonly reached: Reached;
  readonly snapshots: Snapshots;
  readonly history: History;
  readonly turns: Turns;
  readonly tell: (event: StreamEvent) => void;
  readonly now?: () => number;
}

const JOBS_MAX = 50;
const RESULTS_MAX = 1_000;
const TOLD_EVERY_MS = 100;

type Work = (job: Running) => Promise<readonly string[]>;

interface Running {
  /** Of one queue; the sum of all queues is known when each was read. */
  readonly note: (consumer: string, result: JobResult, total: number | undefined) => void;
}

interface Begun {
  readonly what: Job["what"];
  readonly dryRun: boolean;
  /** Of a dry run: what it lists. Of a run that changes: what its dry run listed. */
  readonly listed: (id: string) => DryRun;
  readonly work: Work;
}

interface Chosen {
  readonly matches: (deadLetter: DeadLetter) => boolean;
  readonly queues: Reached["queues"];
}

export function deadLetterJobs(options: JobsOptions): Jobs {
  const { reached, snapshots, history, turns, tell, now = Date.now } = options;
  const { connection, known } = reached;
  const jobs = new Map<string, Job>();
  const dry = dryRuns();
  let stopped = false;
  let count = 0;
  const isStopped = () => stopped;

  function begin({ what, dryRun, listed: listedOf, work }: Begun): Job {
    count += 1;
    const id = `${what}-${count}`;
    const listed = listedOf(id);
    const counts = { "sent-back": 0, removed: 0, left: 0, discarded: 0 };
    const results: JobResult[] = [];
    const totals = new Map<string, number>();
    let toldMs = 0;
    const set = (changes: Partial<Job>): Job => {
      const job: Job = { ...(jobs.get(id) ?? EMPTY), id, what, dryRun, ...changes };
      jobs.set(id, job);
      for (const oldest of jobs.keys()) {
        if (jobs.size <= JOBS_MAX) break;
        jobs.delete(oldest);
      }
      return job;
    };
    const grown = () => ({
      done: results.length,
      total: dryRun ? [...totals.values()].reduce((sum, total) => sum + total, 0) : listed.keys.size,
      counts: { ...counts },
      results: results.slice(0, RESULTS_MAX),
    });
    const note: Running["note"] = (consumer, result, total) => {
      counts[result.outcome] += 1;
      results.push(result);
      if (dryRun) {
        listed.keys.add(result.key);
        listed.consumers.add(consumer);
      }
      if (total !== undefined) totals.set(consumer, Math.max(total, totals.get(consumer) ?? 0));
      if (now() - toldMs < TOLD_EVERY_MS) return;
      toldMs = now();
      tell({ kind: "job", job: set({ ...grown(), results: [] }) });
    };
    const run = async () => {
      const unread = await work({ note });
      if (dryRun) listed.isDone = true;
      const handled = new Set(results.map(({ key }) => key));
      const untouched = [...listed.keys].filter((key) => !handled.has(key)).length;
      return set({ unread, ...grown(), ...(!dryRun && { untouched }), state: "done" });
    };
    const job = set({ state: "running" });
    void turns
      .take(run, { isLong: true })
      .catch((error: unknown) => set({ ...grown(), state: "failed", error: textOf(error) }))
      .then((ended) => {
        if (!dryRun) snapshots.expire();
        tell({ kind: "job", job: ended });
        if (!dryRun) tell({ kind: "dead-letters" });
      });
    return job;
  }

  /** Asked for twice, as by a double click, there is one run. */
  function beginOnce(of: DryRun, work: Work): Job {
    if (of.run === undefined) {
      const begun = begin({ what: of.what, dryRun: false, listed: () => of, work });
      of.run = begun.id;
      return begun;
    }
    const known = jobs.get(of.run);
    if (known) return known;
    throw new NotRight("What this dry run listed was done already.");
  }

  async function chosen(selection: Selection): Promise<Chosen> {
    const matches = matcherOf(selection);
    if ("all" in selection) return { matches, queues: reached.queues };
    const { all } = await snapshots.take();
    const consumers = new Set(
      all.flatMap(({ deadLetter }) => (matches(deadLetter) ? [deadLetter.consumer] : [])),
    );
    return { matches, queues: reached.queues.filter(({ consumer }) => consumers.has(consumer)) };
  }

  function listedBy({ keys, consumers }: DryRun): Chosen {
    return {
      matches: (deadLetter) => keys.has(keyOf(deadLetter)),
      queues: reached.queues.filter(({ consumer }) => consumers.has(consumer)),
    };
  }

  function redriveOf(chosen: Chosen, dryRun: boolean, force: boolean): Work {
    return async ({ note }) => {
      const onHandled = (handled: Handled, total: number | undefined) => {
        if (!dryRun) history.note(handled);
        const { deadLetter, outcome, why } = handled;
        note(deadLetter.consumer, resultOf(deadLetter, outcome, why), total);
      };
      const given = { ...chosen, matchesOnly: !dryRun, known, dryRun, force, onHandled, isStopped };
      const { unread } = await redrive(connection, given);
      return unread;
    };
  }

  function discardOf(chosen: Chosen, given: { dryRun: boolean; because: string; trust: boolean }): Work {
    return async ({ note }) => {
      const { unread } = await discard(connection, {
        ...{ ...chosen, ...given, known, isStopped },
        onHandled(one, total) {
          const outcome = one.why === undefined ? "discarded" : "left";
          if (!given.dryRun && outcome === "discarded") history.settle(one, outcome);
          note(one.consumer, resultOf(one, outcome, one.why), total);
        },
      });
      return unread;
    };
  }

  return {
    get: (id) => jobs.get(id),
    running: () =>
      [...jobs.values()].filter(({ state }) => state === "running").map((job) => ({ ...job, results: [] })),
    stop() {
      stopped = true;
    },
    async redrive(request) {
      if (!request.dryRun) {
        const of = dry.get(request.job, "redrive");
        return beginOnce(of, redriveOf(listedBy(of), false, of.force ?? false));
      }
      const { selection, force = false } = request;
      const work = redriveOf(await chosen(selection), true, force);
      const listed = (id: string) => dry.add(id, { what: "redrive", force });
      return begin({ what: "redrive", dryRun: true, listed, work });
    },
    async discard(request) {
      const { because } = request;
      if (!request.dryRun) {
        const of = dry.get(request.job, "discard");
        const given = { dryRun: false, because, trust: of.trust ?? false };
        return beginOnce(of, discardOf(listedBy(of), given));
      }
      const { selection, trust = false } = request;
      const work = discardOf(await chosen(selection), { dryRun: true, because, trust });
      const listed = (id: string) => dry.add(id, { what: "discard", trust });
      return begin({ what: "discard", dryRun: true, listed, work });
    },
  };
}

const EMPTY: Job = {
  ...{ id: "", what: "redrive", dryRun: true, state: "running", done: 0, results: [], unread: [] },
  counts: { "sent-back": 0, removed: 0, left: 0, discarded: 0 },
};

function matcherOf(selection: Selection): (deadLetter: DeadLetter) => boolean {
  if ("all" in selection) return () => true;
  if ("group" in selection) return (deadLetter) => failureOf(deadLetter).group === selection.group;
  if ("consumer" in selection) return ({ consumer }) => consumer === selection.consumer;
  const keys = new Set(selection.keys);
  return (deadLetter) => keys.has(keyOf(deadLetter));
}

function resultOf(deadLetter: DeadLetter, outcome: JobResult["outcome"], why: string | undefined): JobResult {
  const { id, consumer } = deadLetter;
  return { key: keyOf(deadLetter), id, consumer, outcome, ...(why !== undefined && { why }) };
}

function textOf(error: unknown): string {
  if (error instanceof QueuesFailed) return `${error.message}. Finished work is kept: do it again.`;
  return error instanceof Error ? error.message : String(error);
}

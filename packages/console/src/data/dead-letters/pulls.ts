// Handles a dead letter of the stage on this machine, by the code of `npm run dlq -- pull`.
//
//   G6. The stage is only read. It is sent back by a redrive, which asks for the right to change.
//   G11. One runs at a time, since each has engines of its own; the latest few are remembered.

import { pull } from "@essentially-once/operator/internal/dead-letters/pull";
import { valueText } from "@essentially-once/operator/internal/dead-letters/pull-lines";
import type { PullRequest, PullResult, PullRun } from "../../api/pull.ts";
import type { Reached } from "../reached.ts";
import { evidenceText } from "../seen/evidence-steps.ts";
import { NotRight, type PullSource } from "../source.ts";
import { queueOf } from "./open.ts";
import type { Known, Snapshots } from "./snapshot.ts";

export interface Pulls extends PullSource {
  stop(): void;
}

export interface PullsOptions {
  readonly reached: Reached;
  readonly snapshots: Snapshots;
  /** What a synthesis wrote; absent: the app in this directory is synthesized. */
  readonly assemblyDirectory?: string | undefined;
}

const RUNS_MAX = 10;
const LINES_MAX = 100;

type Run = { -readonly [Name in keyof PullRun]: PullRun[Name] } & {
  lines: string[];
  readonly interrupted: AbortController;
};

export function pulls({ reached, snapshots, assemblyDirectory }: PullsOptions): Pulls {
  const runs = new Map<string, Run>();
  let count = 0;

  async function work(run: Run, known: Known, inspect: boolean): Promise<void> {
    const { connection, known: knowledge } = reached;
    try {
      const { pulled, shown } = await pull(connection, {
        ...{ known: knowledge, queue: queueOf(reached, known), deadLetter: known.deadLetter },
        ...{ assemblyDirectory, inspect, allowEffects: false, signal: run.interrupted.signal },
        say: (line) => void run.lines.push(line),
      });
      const { evidence, redrive } = shown;
      run.result = {
        ...pulled,
        changes: pulled.changes.map(({ key, before, after, ...change }) => ({
          ...change,
          key: Object.values(key).join(" / "),
          ...(before && { before: valueText(before) }),
          ...(after && { after: valueText(after) }),
        })),
        evidence: "unknown" in evidence ? `not known: ${evidence.unknown}` : evidenceText(evidence),
        redrive: "unknown" in redrive ? { outcome: "unknown", why: redrive.unknown } : redrive,
      };
      run.state = "done";
    } catch (error) {
      run.error = error instanceof Error ? error.message : String(error);
      run.state = "failed";
    }
  }

  return {
    async begin({ key, inspect }: PullRequest) {
      const known = (await snapshots.take()).byKey.get(key);
      if (known === undefined) return undefined;
      for (const { state } of runs.values())
        if (state === "running")
          throw new NotRight("A dead letter is being handled here: wait for it, or stop it.");
      count += 1;
      const id = `pull-${count}`;
      const run: Run = { id, key, state: "running", lines: [], interrupted: new AbortController() };
      runs.set(id, run);
      const [oldest] = runs.keys();
      if (runs.size > RUNS_MAX && oldest !== undefined) runs.delete(oldest);
      void work(run, known, inspect);
      return answerOf(run, false);
    },
    async get({ id, values }) {
      const run = runs.get(id);
      return run && answerOf(run, values);
    },
    running: async () =>
      [...runs.values()].flatMap((run) => (run.state === "running" ? [answerOf(run, false)] : [])),
    async interrupt(id) {
      const run = runs.get(id);
      run?.interrupted.abort(new Error("Stopped: nothing of the stage was changed."));
      return run && answerOf(run, false);
    },
    stop() {
      for (const { interrupted } of runs.values()) interrupted.abort(new Error("The console has stopped."));
    },
  };
}

function answerOf({ interrupted: _own, lines, result, ...run }: Run, values: boolean): PullRun {
  return {
    ...run,
    lines: lines.slice(-LINES_MAX),
    ...(result && { result: values ? result : withoutValues(result) }),
  };
}

function withoutValues(result: PullResult): PullResult {
  return {
    ...result,
    changes: result.changes.map(({ before: _before, after: _after, ...change }) => change),
  };
}

// Dry runs, with the keys of all that they listed: the run that changes touches at most these.
//
//   G6. What arrives after the dry run was seen by nobody, and stays.
//   G11. The latest few are kept.

import type { Job } from "../../api/dead-letter.ts";
import { NotRight } from "../source.ts";

export interface DryRuns {
  add(job: string, given: Given): DryRun;
  /** @throws NotRight for one that has not ended, or is not kept any more */
  get(job: string, what: Job["what"]): DryRun;
}

interface Given {
  readonly what: Job["what"];
  /** What the person agreed to, and the run that changes does, too. */
  readonly force?: boolean;
  readonly trust?: boolean;
}

export interface DryRun extends Given {
  readonly keys: Set<string>;
  readonly consumers: Set<string>;
  isDone: boolean;
  /** The id of the run that changes, once it was begun. */
  run?: string;
}

const KEPT_MAX = 10;

export function dryRuns(): DryRuns {
  const kept = new Map<string, DryRun>();
  return {
    add(job, given) {
      const added = { ...given, keys: new Set<string>(), consumers: new Set<string>(), isDone: false };
      kept.set(job, added);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
      return added;
    },
    get(job, what) {
      const found = kept.get(job);
      if (found?.what !== what)
        throw new NotRight(`There is no dry run ${JSON.stringify(job)} of a ${what} any more: do it again.`);
      if (!found.isDone)
        throw new NotRight("The dry run has not come to its end: wait for it, or do it again.");
      return found;
    },
  };
}

// Tries changes in workers side by side. A worker that a change hangs, ends or spoils is followed by another one.
import type { Coverage } from "./coverage.ts";
import type { Change } from "./instrument.ts";
import type { Entry, Noticed } from "./trial.ts";
import { type Place, work } from "./worker.ts";

export interface Result {
  readonly change: Change;
  /** Undefined: all tests that run it pass. */
  readonly noticed?: Noticed;
}

type Tried = Extract<Entry, { readonly kind: "tried" }>;

/** Of one worker: each trial leaves a little in its memory. */
const changesMax = 40;

export async function tryAll(
  changes: readonly Change[],
  coverage: Coverage,
  { place, workers }: { readonly place: Place; readonly workers: number },
  onResult: (result: Result) => void,
): Promise<void> {
  const open = [...changes];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (open.length > 0) {
        const taken = open.splice(0, Math.min(changesMax, Math.ceil(open.length / workers)));
        open.unshift(...(await tryUntilSpoilt(taken)));
      }
    }),
  );

  /** @returns those that were not tried */
  async function tryUntilSpoilt(taken: readonly Change[]): Promise<Change[]> {
    const missing = new Map(taken.map((change) => [change.id, change]));
    const parts = new Map(taken.map((change) => [change.id, coverage.trialsOf(change)]));
    const first = taken.find((change) => parts.get(change.id)?.length);
    for (const [id, trials] of parts) if (trials.length === 0) end(id);
    let begun: string | undefined;
    const isEnded = await work([...parts.values()].flat(), place, (entry) => {
      if (entry.kind === "test") return;
      begun = entry.kind === "begun" ? entry.id : undefined;
      if (entry.kind === "tried") endPart(entry);
      // Of the first one nothing can be left of another.
      if (entry.kind === "spoilt" && entry.id === first?.id)
        end(entry.id, { test: "", because: entry.because, timedOut: false });
    });
    if (begun !== undefined)
      end(begun, { test: "", because: isEnded ? "its process ended" : "it did not end", timedOut: !isEnded });
    return [...missing.values()];

    function endPart({ id, noticed: found }: Tried): void {
      const rest = parts.get(id)?.slice(1) ?? [];
      parts.set(id, rest);
      if (found !== undefined || rest.length === 0) end(id, found);
    }

    function end(id: string, noticed?: Noticed): void {
      const change = missing.get(id);
      if (change === undefined || !missing.delete(id)) return;
      onResult({ change, ...(noticed && { noticed }) });
    }
  }
}

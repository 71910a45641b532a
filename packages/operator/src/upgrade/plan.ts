// What a new release means for each copy: mended when nobody has edited it, left to a person when somebody has.
import { type Copies, hashOf } from "./copies.ts";
import { isApplied, type LineChange, lineDiff } from "./line-diff.ts";
import { compareVersions } from "./renames.ts";
import type { State } from "./state.ts";

export interface CopyPlan {
  /** Copies to write; undefined: to remove. */
  readonly mended: ReadonlyMap<string, string | undefined>;
  readonly left: readonly LeftCopy[];
  /** Hashes of what the next upgrade goes by. */
  readonly hashes: Readonly<Record<string, string>>;
}

export interface LeftCopy {
  readonly key: string;
  readonly why: string;
  readonly changes: readonly LineChange[];
}

export interface CopyPlanOptions {
  readonly state: State;
  /** As the app has them. */
  readonly mine: Copies;
  /** As the installed release writes them. */
  readonly now: Copies;
  /** Texts of earlier releases, by hash. */
  readonly released: Readonly<Record<string, string>>;
  /** Copies that stay as they are, because somebody has looked. */
  readonly keep: readonly string[];
}

export function planCopies({ state, mine, now, released, keep }: CopyPlanOptions): CopyPlan {
  const mended = new Map<string, string | undefined>();
  const left: LeftCopy[] = [];
  const hashes: Record<string, string> = {};
  for (const key of [...new Set([...Object.keys(state.copies), ...now.keys()])].sort()) {
    const found = decide(key);
    if (found === "mend") mended.set(key, now.get(key));
    if (typeof found === "object") left.push(found);
    const next = typeof found === "object" ? state.copies[key] : hashAfter(key);
    if (next !== undefined) hashes[key] = next;
  }
  return { mended, left, hashes };

  function decide(key: string): "done" | "mend" | LeftCopy {
    const [written, own, text] = [state.copies[key], mine.get(key), now.get(key)];
    if (own === text || keep.includes(key)) return "done";
    if (text !== undefined && written === hashOf(text)) return "done"; // edited, and the release says what it said before
    if (own === undefined) return written === undefined ? "mend" : "done"; // new; or taken out by its team
    if (written === hashOf(own)) return "mend";
    if (text !== undefined && isNewerPackage(key, own, text)) return "done";
    return byHand(key, { written, own, text });
  }

  function byHand(
    key: string,
    { written, own, text }: { written: string | undefined; own: string; text: string | undefined },
  ): "done" | LeftCopy {
    if (text === undefined) {
      return {
        key,
        why: "you changed it, and the release no longer has it: remove it when you can",
        changes: [],
      };
    }
    if (written === undefined) {
      return {
        key,
        why: "the release brings one of this name, and yours is another",
        changes: lineDiff(own, text),
      };
    }
    const before = released[written];
    if (before === undefined) {
      return {
        key,
        why: "you changed it, and so did the release; from yours to its",
        changes: lineDiff(own, text),
      };
    }
    const changes = lineDiff(before, text);
    if (isApplied(changes, own)) return "done";
    return { key, why: "you changed it, and so did the release", changes };
  }

  function hashAfter(key: string): string | undefined {
    const text = now.get(key);
    return text === undefined ? undefined : hashOf(text);
  }
}

/** A team that has moved a pinned package on by itself need not go back. */
function isNewerPackage(key: string, own: string, text: string): boolean {
  if (!/^package\.json (dev)?Dependencies /i.test(key)) return false;
  const [mine = "", its = ""] = [own, text].map((version) => String(JSON.parse(version)).replace(/^\D+/, ""));
  return compareVersions(mine, its) >= 0;
}

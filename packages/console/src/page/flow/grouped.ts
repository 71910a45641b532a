// Equal activities that follow each other as one, with their number: ten absorbed duplicates are one line.

import type { Numbered } from "../server/live.ts";

export interface ActivityGroup {
  readonly first: Numbered;
  readonly count: number;
}

export function grouped(all: readonly Numbered[], max: number): readonly ActivityGroup[] {
  const groups: ActivityGroup[] = [];
  for (const one of all) {
    const last = groups.at(-1);
    if (last && last.first.text === one.text && last.first.what === one.what) {
      groups[groups.length - 1] = { first: last.first, count: last.count + 1 };
    } else if (groups.length === max) break;
    else groups.push({ first: one, count: 1 });
  }
  return groups;
}

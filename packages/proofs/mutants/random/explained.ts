// Changes that no test can notice, or that break no promise, each with its reason. A change is known by its file, by what
// stands there and by what would stand there, so that it is found again when lines move.
import type { Change } from "./discover.ts";

export interface Explained extends Pick<Change, "file" | "original" | "replacement"> {
  readonly because: string;
}

export const explained: readonly Explained[] = [];

export function reasonFor({ file, original, replacement }: Change): string | undefined {
  return explained.find(
    (one) => one.file === file && one.original === original && one.replacement === replacement,
  )?.because;
}

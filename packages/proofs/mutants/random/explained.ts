// Changes that no test can notice, or that break no promise, each with its reason. A change is identified by its file, the
// original text and the replacement, so that it is found again when lines move.

import { equivalent } from "./equivalent.ts";
import type { Change } from "./instrument.ts";

export interface Explained extends Pick<Change, "file" | "original" | "replacement"> {
  readonly because: string;
}

export const explained: readonly Explained[] = equivalent.map(([file, original, replacement, because]) => ({
  file: `packages/messaging/src/${file}.ts`,
  original,
  replacement,
  because,
}));

export function reasonFor({ file, original, replacement }: Change): string | undefined {
  return explained.find(
    (one) => one.file === file && one.original === original && one.replacement === replacement,
  )?.because;
}

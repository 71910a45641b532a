// What an app knows of its copies: the release that wrote them, and a hash of each as it was written. A copy whose hash is
// another was edited.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../terminal/usage-error.ts";
import { type Copies, hashOf } from "./copies.ts";

export const stateFile = "essentially-once.json";

const State = z.object({
  release: z.string(),
  /** What `npm create` was asked for. */
  template: z.enum(["sample", "small", "empty"]),
  copies: z.record(z.string(), z.string()),
});

export type State = z.infer<typeof State>;
export type Template = State["template"];

/** What `npm create` writes into a new app. */
export function newState(
  release: string,
  { template, copies }: { template: Template; copies: Copies },
): State {
  const hashes = [...copies].map(([key, text]) => [key, hashOf(text)]);
  return { release, template, copies: Object.fromEntries(hashes) };
}

export function stateText({ release, template, copies }: State): string {
  const sorted = Object.fromEntries(Object.entries(copies).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ release, template, copies: sorted }, null, 2)}\n`;
}

/** @throws UsageError when the directory has none: it is no app that `npm create` made */
export function readState(directory: string): State {
  const file = join(directory, stateFile);
  if (!existsSync(file)) {
    throw new UsageError(
      `There is no ${stateFile} here, so nothing says what this app was made of. Run this in the directory of an app that npm create essentially-once made.`,
    );
  }
  try {
    return State.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new UsageError(
      `${stateFile} must be as npm create essentially-once wrote it: restore it from git.`,
      {
        cause,
      },
    );
  }
}

// The message types that the functions declare, found in their sources; and data that one of them takes, found by
// trying.
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { UsageError } from "../terminal/usage-error.ts";
import type { Draft } from "./draft.ts";

export interface KnownType {
  readonly type: string;
  readonly exported: string;
  /** Below the project. */
  readonly path: string;
}

export function knownTypes({ projectDirectory, read }: Draft): KnownType[] {
  const files = globSync("functions/*/messages.ts", { cwd: projectDirectory }).sort();
  return files.flatMap((path) =>
    [...(read(path) ?? "").matchAll(/export const (\w+) = messageType\(\{\s*type: "([^"]+)"/g)].map(
      ([, exported = "", type = ""]) => ({ type, exported, path }),
    ),
  );
}

/** @throws UsageError that lists the types there are */
export function requireTypes(files: Draft, wanted: readonly string[], flag = "accepts"): KnownType[] {
  const known = knownTypes(files);
  return [...new Set(wanted)].map((type) => {
    const found = known.find((one) => one.type === type);
    if (found) return found;
    const there = known.length === 0 ? "none yet" : known.map((one) => one.type).join(", ");
    throw new UsageError(
      `--${flag} ${type}: no such message type (known: ${there}). Create it with: npm run new -- message ${type}`,
    );
  });
}

/**
 * A draft of a message of each type, as expressions of TypeScript.
 * @param given data of the types, in their order; the rest is guessed
 * @throws UsageError when some has to be given
 */
export async function draftsOf(
  files: Draft,
  types: readonly KnownType[],
  given: readonly string[],
): Promise<string[]> {
  const drafts: string[] = [];
  for (const [nth, known] of types.entries()) {
    drafts.push(`${known.exported}.from(${await exampleOf(files, known, given[nth])})`);
  }
  return drafts;
}

/** Data that the type takes, as an expression of TypeScript. */
export async function exampleOf(files: Draft, known: KnownType, given: string | undefined): Promise<string> {
  const module = await import(pathToFileURL(join(files.projectDirectory, known.path)).href);
  const type = module[known.exported] as MessageType;
  if (given !== undefined) return JSON.stringify(await checked(type, given));
  const example = await guessed(type);
  if (example === undefined) {
    throw new UsageError(
      `cannot guess data of ${known.type}: pass --example JSON, one for each --accepts, in the same order.`,
    );
  }
  return JSON.stringify(example);
}

async function checked(type: MessageType, given: string): Promise<unknown> {
  try {
    const data: unknown = JSON.parse(given);
    await type.parse(data);
    return data;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--example must be JSON data of ${type.type}: ${why}.`, { cause: error });
  }
}

/** What a field may want, in the order of trying. */
const candidates = [
  "example",
  1,
  true,
  [{}],
  ["example"],
  {},
  "2026-01-01T00:00:00.000Z",
  "https://example.com",
];
const attemptsMax = 400;

/** The schema says which paths are wrong: each gets the next candidate until none is. */
async function guessed(type: MessageType): Promise<unknown> {
  const data: Record<string, unknown> = {};
  const tried = new Map<string, number>();
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const path = await firstWrong(type, data);
    if (path === undefined) return data;
    const next = tried.get(path) ?? 0;
    if (next >= candidates.length || path === "the top level") return undefined;
    tried.set(path, next + 1);
    put(data, path.split("."), structuredClone(candidates[next]));
  }
  return undefined;
}

async function firstWrong(type: MessageType, data: unknown): Promise<string | undefined> {
  try {
    await type.parse(data);
    return undefined;
  } catch (error) {
    const [, path] = /invalid at (.+?)(?:,| and \d+ more|$)/.exec(String(error)) ?? [];
    return path ?? "the top level";
  }
}

function put(target: object, [key = "", ...rest]: readonly string[], value: unknown): void {
  const members = target as Record<string, unknown>;
  if (rest.length === 0) members[key] = value;
  else put(members[key] as object, rest, value);
}

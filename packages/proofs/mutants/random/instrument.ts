// Every single change that StrykerJS can make to a file, and the file with all of them in it, each behind a switch: the change
// whose number is `globalThis.__stryker__.activeMutant` is on.
//
//   https://stryker-mutator.io/docs/stryker-js/mutation-switching
import { readFile } from "node:fs/promises";
import { Instrumenter } from "@stryker-mutator/instrumenter";

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A change: replaces the text from `start` to `end`. Lines and columns count from 1. */
export interface Change {
  /** Of its switch; another one in each run. */
  readonly id: string;
  readonly file: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly start: Place;
  readonly end: Place;
  /** The text that it replaces. */
  readonly original: string;
}

export interface Instrumented {
  readonly changes: readonly Change[];
  /** By file. */
  readonly contents: ReadonlyMap<string, string>;
}

const silent = Object.fromEntries(
  ["isDebugEnabled", "debug", "info", "warn", "error", "trace", "fatal"].map((name) => [name, () => false]),
);

export async function instrument(names: readonly string[]): Promise<Instrumented> {
  const originals = new Map<string, string>();
  for (const name of names) originals.set(name, await readFile(name, "utf8"));
  const { files, mutants } = await new Instrumenter(silent as never).instrument(
    [...originals].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [] },
  );
  const changes = mutants.map(({ id, fileName: file, mutatorName, replacement = "", location }) => {
    const [start, end] = [location.start, location.end].map(fromOne) as [Place, Place];
    const original = textBetween((originals.get(file) ?? "").split("\n"), start, end);
    return { id, file, mutatorName, replacement, start, end, original };
  });
  return { changes, contents: new Map(files.map(({ name, content }) => [name, content])) };
}

function fromOne({ line, column }: Place): Place {
  return { line: line + 1, column: column + 1 };
}

function textBetween(lines: readonly string[], start: Place, end: Place): string {
  const chosen = lines.slice(start.line - 1, end.line);
  const last = chosen.length - 1;
  return chosen
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join("\n");
}

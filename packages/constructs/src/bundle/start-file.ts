// Joins the parts of a bundle that a cold start loads into one file. esbuild makes a part for every set of files that share
// code, twenty for a consumer, and a cold start would open them all.
//
// A joined part stays as a line that re-exports its names from index.mjs. So code that is loaded later gets the same objects
// as the start: a class that `instanceof` checks must not exist twice.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, buildSync, type Metafile } from "esbuild";

export const startFile = "index.mjs";

/** Rewrites the bundle in `directory`, whose parts `outputs` describes by their names. */
export function joinStart(directory: string, outputs: Metafile["outputs"], options: BuildOptions): void {
  const start = loadedFrom(startFile, outputs);
  const parts = [...start].filter((file) => file !== startFile);
  if (parts.length === 0) return;
  const { outputFiles = [] } = buildSync({
    ...options,
    absWorkingDir: directory,
    stdin: {
      contents: [`export * from "./${startFile}";`, ...parts.map(handOut)].join("\n"),
      resolveDir: directory,
    },
    outfile: startFile,
    bundle: true,
    external: [
      ...(options.external ?? []),
      ...Object.keys(outputs)
        .filter((file) => !start.has(file))
        .map((file) => `./${file}`),
    ],
    write: false,
  });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  for (const [index, file] of parts.entries()) {
    writeFileSync(join(directory, file), handOn(file, index));
    rmSync(join(directory, `${file}.map`)); // of the code that it had
  }

  function handOut(file: string, index: number): string {
    const names = exportsOf(file, outputs).map((name) => `${name} as ${nameIn(index, name)}`);
    return `export { ${names.join(", ")} } from "./${file}";`;
  }

  function handOn(file: string, index: number): string {
    const names = exportsOf(file, outputs).map((name) => `${nameIn(index, name)} as ${name}`);
    return `export { ${names.join(", ")} } from "./${startFile}";\n`;
  }
}

/** Names of different parts are alike: they are minified. */
function nameIn(index: number, name: string): string {
  return `part${index}_${name}`;
}

function exportsOf(file: string, outputs: Metafile["outputs"]): readonly string[] {
  return outputs[file]?.exports ?? [];
}

function loadedFrom(
  file: string,
  outputs: Metafile["outputs"],
  seen: Set<string> = new Set(),
): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind, external } of outputs[file]?.imports ?? []) {
    if (kind === "import-statement" && !external) loadedFrom(path, outputs, seen);
  }
  return seen;
}

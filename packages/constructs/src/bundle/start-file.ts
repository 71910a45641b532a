// Joins the parts of a bundle that a cold start loads into one file. esbuild makes a part for every set of files that share
// code, twenty for a consumer, and a cold start would open them all.
//
// A joined part stays as a line that re-exports its names from index.mjs. So code that is loaded later gets the same objects
// as the start: a class that `instanceof` checks must not exist twice.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type BuildOptions, buildSync, type Metafile } from "esbuild";

export const startFile = "index.mjs";

/** The bundle with its start in one file. `files` and `outputs` have its parts by their names. */
export function joinStart(
  files: Readonly<Record<string, string>>,
  outputs: Metafile["outputs"],
  options: BuildOptions,
): Record<string, string> {
  const start = loadedFrom(startFile, outputs);
  const parts = [...start].filter((file) => file !== startFile);
  if (parts.length === 0) return files;
  const joined = { ...files };
  const directory = mkdtempSync(join(tmpdir(), "essentially-once-bundle-"));
  try {
    for (const file of [...start].flatMap((name) => [name, `${name}.map`])) {
      const text = files[file];
      if (text !== undefined) writeFileSync(join(directory, file), text);
    }
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
    for (const { path, text } of outputFiles) joined[basename(path)] = text;
  } finally {
    rmSync(directory, { recursive: true });
  }
  for (const [index, file] of parts.entries()) {
    joined[file] = handOn(file, index);
    delete joined[`${file}.map`]; // of the code that it had
  }
  return joined;

  function handOut(file: string, index: number): string {
    const names = exportsOf(file, outputs).map((name) => `${name} as ${nameIn(index, name)}`);
    return `export { ${names.join(", ")} } from "./${file}";`;
  }

  function handOn(file: string, index: number): string {
    const names = exportsOf(file, outputs).map((name) => `${nameIn(index, name)} as ${name}`);
    return `export { ${names.join(", ")} } from "./${startFile}";\n`;
  }
}

/** Names of different parts are alike: they are minified. Each is loaded at every cold start, so it is short. */
function nameIn(index: number, name: string): string {
  return `_${index}${name}`;
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

// Whether a cloud assembly is still what a synthesis would write: nothing that one could read has changed, nor anything in
// the assembly itself. A synthesis takes seconds, and most starts follow one that changed nothing.
//
//   All count that a synthesis could read: the project's files, packages that are linked from elsewhere, the lock of what is
//   installed, the settings and the environment. Files count by size and time of change, as for `make`.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface AssemblyInputs {
  readonly projectDirectory: string;
  readonly assemblyDirectory: string;
  readonly app?: string;
  readonly context: Readonly<Record<string, string>>;
}

/** Is true when the synthesis of these inputs wrote what is there; `now` is what `digestOfInputs` says of them. */
export function isKept(inputs: AssemblyInputs, now = digestOfInputs(inputs)): boolean {
  const file = stampOf(inputs);
  return existsSync(file) && readFileSync(file, "utf8") === stamp(inputs, now);
}

/** To be called when a synthesis has ended well; `began` is what `digestOfInputs` said before it. */
export function keep(inputs: AssemblyInputs, began: string): void {
  if (digestOfInputs(inputs) === began) writeFileSync(stampOf(inputs), stamp(inputs, began)); // else a file changed meanwhile
}

export function digestOfInputs({ projectDirectory, app, context }: AssemblyInputs): string {
  const environment = Object.entries(process.env).filter(([name]) => !changesAlways.has(name));
  return digest([
    process.version,
    app ?? null,
    Object.entries(context).sort(),
    environment.sort(),
    filesBelow(projectDirectory),
    ...linkedFrom(projectDirectory).map(filesBelow),
    stateOf(join(projectDirectory, "node_modules/.package-lock.json")),
  ]);
}

/** Variables of the shell and of npm that say how a command was called, not what it does. */
const changesAlways = new Set([
  ..."_ SHLVL OLDPWD TERM_SESSION_ID WINDOWID npm_lifecycle_event npm_lifecycle_script npm_command".split(
    " ",
  ),
]);

/** Directories that tools make, where no stack is. */
const ignored = new Set(["node_modules", "cdk.out", "coverage", ".git", ".local-cloud"]);

function stampOf({ assemblyDirectory }: AssemblyInputs): string {
  return `${assemblyDirectory}.inputs`;
}

function stamp({ assemblyDirectory }: AssemblyInputs, digestOfAll: string): string {
  return digest([digestOfAll, filesBelow(assemblyDirectory)]);
}

type FileState = readonly [path: string, bytes: number, changedMs: number];

function filesBelow(directory: string): FileState[] {
  const found: FileState[] = [];
  const open = [directory];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) {
        if (!ignored.has(entry.name)) open.push(path);
      } else {
        const [, ...state] = stateOf(path);
        found.push([relative(directory, path), ...state]);
      }
    }
  }
  return found.sort(([one], [other]) => (one < other ? -1 : 1));
}

function entriesOf(directory: string) {
  return existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
}

function stateOf(path: string): FileState {
  const { size = -1, mtimeMs = -1 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return [path, size, mtimeMs];
}

/** Directories outside of the project that it has linked as packages. */
function linkedFrom(projectDirectory: string): string[] {
  const packages = join(projectDirectory, "node_modules");
  const scopes = entriesOf(packages).filter(({ name }) => name.startsWith("@"));
  const root = realpathSync(projectDirectory);
  return [packages, ...scopes.map(({ name }) => join(packages, name))]
    .flatMap((place) => entriesOf(place).map((entry) => ({ entry, path: join(place, entry.name) })))
    .filter(({ entry, path }) => entry.isSymbolicLink() && existsSync(path))
    .map(({ path }) => realpathSync(path))
    .filter((path) => relative(root, path).startsWith(".."))
    .sort();
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

// An app as it is → the app as the installed release has it, as far as no edit is lost. All is decided before the first file
// is written.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../terminal/usage-error.ts";
import { type Copies, copiesIn, isValue, packageFile, withValues } from "./copies.ts";
import { type CopyPlan, type LeftCopy, planCopies } from "./plan.ts";
import { applyRenames, compareVersions, type Rename, renamesBetween } from "./renames.ts";
import { readState, stateFile, stateText, type Template } from "./state.ts";

/** What a release brings for apps. */
export interface InstalledRelease {
  readonly release: string;
  /** As `npm create` writes them for an app of this template. */
  readonly copies: (template: Template) => Copies;
  /** Texts of earlier releases, by hash: to show what has changed. */
  readonly released: Readonly<Record<string, string>>;
  readonly renames: readonly Rename[];
}

export interface Upgrade {
  readonly from: string;
  readonly to: string;
  readonly mended: readonly string[];
  readonly renamed: readonly { readonly path: string; readonly what: string }[];
  readonly left: readonly LeftCopy[];
  /** Places in the app's own code that a person has to change. */
  readonly places: readonly { readonly path: string; readonly line: number; readonly what: string }[];
  /** npm has to install what package.json asks for now. */
  readonly installs: boolean;
}

const sources = "{bin,lib,functions,demo,test}/**/*.ts";

/** @throws UsageError when the directory is no app, or of a later release */
export function upgradeApp(
  directory: string,
  installed: InstalledRelease,
  { dryRun, keep }: { readonly dryRun: boolean; readonly keep: readonly string[] },
): Upgrade {
  const state = readState(directory);
  if (compareVersions(installed.release, state.release) < 0) {
    throw new UsageError(
      `This app is of release ${state.release}, and ${installed.release} is installed: npm install what it asks for.`,
    );
  }
  const read: Read = (path) => {
    const file = join(directory, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const mine = copiesIn(read);
  const now = installed.copies(state.template);
  for (const key of keep) {
    if (!now.has(key) && !(key in state.copies))
      throw new UsageError(
        `--keep must name a copy, got ${JSON.stringify(key)}: ${[...now.keys()].join(", ")}.`,
      );
  }
  const plan = planCopies({ state, mine, now, released: installed.released, keep });
  const texts = textsOf(plan, read);
  const table = renamesBetween(state.release, installed.release, installed.renames);
  const { renamed, places } = renameIn(directory, table, { read, texts });

  const isDone = plan.left.length + places.length === 0;
  const release = isDone ? installed.release : state.release;
  texts.set(stateFile, stateText({ ...state, release, copies: plan.hashes }));
  if (!dryRun) save(directory, texts);
  return {
    from: state.release,
    to: installed.release,
    mended: [...plan.mended.keys()],
    renamed,
    left: plan.left,
    places,
    installs: [...plan.mended.keys()].some(
      (key) => isValue(key) && !key.startsWith(`${packageFile} scripts`),
    ),
  };
}

type Texts = Map<string, string | undefined>;
type Read = (path: string) => string | undefined;

/** Path → what it is to hold. */
function textsOf({ mended }: CopyPlan, read: Read): Texts {
  const files = [...mended].filter(([key]) => !isValue(key));
  const values = new Map([...mended].filter(([key]) => isValue(key)));
  if (values.size === 0) return new Map(files);
  return new Map([...files, [packageFile, withValues(read(packageFile) ?? "{}", values)]]);
}

function renameIn(
  directory: string,
  table: readonly Rename[],
  { read, texts }: { readonly read: Read; readonly texts: Texts },
): Pick<Upgrade, "renamed" | "places"> {
  if (table.length === 0) return { renamed: [], places: [] };
  const found = globSync(sources, { cwd: directory })
    .sort()
    .map((path) => ({ path, ...applyRenames(texts.get(path) ?? read(path) ?? "", table) }));
  for (const { path, text, done } of found) if (done.length > 0) texts.set(path, text);
  return {
    renamed: found.flatMap(({ path, done }) => done.map((what) => ({ path, what }))),
    places: found.flatMap(({ path, left }) => left.map((place) => ({ path, ...place }))),
  };
}

function save(directory: string, texts: ReadonlyMap<string, string | undefined>): void {
  for (const [path, text] of texts) {
    const file = join(directory, path);
    if (text === undefined) {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

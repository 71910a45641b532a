// A bundle that was made once is made again only when a file that it is made of, a package, or the way it is made has
// changed: of a synthesis that finds all of them, bundling would be half.
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, projectRoot } from "./project.ts";

/** Of a bundle's directory: name → text. */
export type BundleFiles = Readonly<Record<string, string>>;

interface Kept {
  /** Path from the project's root → what was in the file. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly files: BundleFiles;
}

const known = join(cacheDirectory, "bundles");
const knownMax = 200;
/** What else a bundle depends on; the hidden lock file changes with every package that does. */
const always = ["package.json", "tsconfig.json", "node_modules/.package-lock.json"];

/**
 * @param name what is asked for, and how it is made
 * @param make the files, and those that they were made of, by their paths from the project's root
 */
export function bundleOnce(
  name: unknown,
  make: () => { readonly inputs: readonly string[]; readonly files: BundleFiles },
): BundleFiles {
  const place = join(known, digest(JSON.stringify(name)));
  const kept = read(place);
  if (kept !== undefined && Object.entries(kept.inputs).every(([path, was]) => digestOf(path) === was)) {
    return kept.files;
  }
  const beganMs = Date.now();
  const { inputs, files } = make();
  const paths = [...new Set([...inputs, ...always])];
  if (paths.some((path) => changedMs(path) >= beganMs)) return files; // while it was made: what of it, nobody knows
  keep(place, { inputs: Object.fromEntries(paths.map((path) => [path, digestOf(path)])), files });
  return files;
}

function read(place: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(place, "utf8")) as Kept;
  } catch {
    return undefined; // there is none, or it is none: it is made
  }
}

/** A cache that cannot be written to is none; the next time takes a second longer. */
function keep(place: string, kept: Kept): void {
  try {
    mkdirSync(known, { recursive: true });
    if (readdirSync(known).length >= knownMax) rmSync(known, { recursive: true });
    mkdirSync(known, { recursive: true });
    const whole = `${place}.${randomUUID()}`;
    writeFileSync(whole, JSON.stringify(kept));
    renameSync(whole, place); // whoever reads it reads all of it
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

function digestOf(path: string): string {
  try {
    return digest(readFileSync(join(projectRoot, path)));
  } catch {
    return "absent";
  }
}

function changedMs(path: string): number {
  return statSync(join(projectRoot, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

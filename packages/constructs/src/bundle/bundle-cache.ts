// Keeps bundles: a bundle is made again only when one of its files, a package or the bundling code has changed. Without this
// cache, bundling would take half the time of a synthesis.
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileCache } from "./file-cache.ts";
import { projectRoot } from "./project.ts";

/** Of a bundle's directory: name → text. */
export type BundleFiles = Readonly<Record<string, string>>;

interface KeptBundle {
  /** Path from the project's root → what was in the file. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly files: BundleFiles;
}

const bundles = fileCache("bundles", 200);
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
  const key = digest(JSON.stringify(name));
  const kept = read(key);
  if (kept !== undefined) return kept;
  const beganMs = Date.now();
  const { inputs, files } = make();
  const paths = [...new Set([...inputs, ...always])];
  if (paths.some((path) => changedMs(path) >= beganMs)) return files; // an input changed meanwhile: not kept
  const made: KeptBundle = { inputs: Object.fromEntries(paths.map((path) => [path, digestOf(path)])), files };
  bundles.keep(key, JSON.stringify(made));
  return files;
}

/** Undefined when there is none, it is none, or what it was made of has changed since. */
function read(key: string): BundleFiles | undefined {
  const text = bundles.read(key);
  if (text === undefined) return undefined;
  const { inputs, files } = JSON.parse(text) as KeptBundle;
  return Object.entries(inputs).every(([path, was]) => digestOf(path) === was) ? files : undefined;
}

/** Of this process: the bundles of an app have most of their files in common. */
const digests = new Map<string, { readonly stamp: string; readonly digest: string }>();

function digestOf(path: string): string {
  const file = join(projectRoot, path);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return "absent";
  const stamp = `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const known = digests.get(path);
  if (known?.stamp === stamp) return known.digest;
  const found = digest(readFileSync(file));
  digests.set(path, { stamp, digest: found });
  return found;
}

function changedMs(path: string): number {
  return statSync(join(projectRoot, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

// What a cold start has to load: the bundle that would be deployed, and of its files those that are not lazy.
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { EsbuildBundling } from "@essentially-once/constructs/bundle";

export interface BundleSize {
  readonly entry: string;
  /** Loaded when the function starts; minified, without source maps. */
  readonly startBytes: number;
  /** With all that is loaded later, or never. */
  readonly allBytes: number;
}

const functionsDirectory = fileURLToPath(new URL("../../../functions/", import.meta.url));
const bundlesDirectory = fileURLToPath(new URL("bundles/", import.meta.url));

/** `bundles/kit.ts` and its peers: what is compared, relative to `functions/`. */
export const compared = {
  sdk: relative(functionsDirectory, join(bundlesDirectory, "sdk.ts")),
  kit: relative(functionsDirectory, join(bundlesDirectory, "kit.ts")),
  powertools: relative(functionsDirectory, join(bundlesDirectory, "powertools.ts")),
} as const;

/** The files of `functions/` that Lambda runs. */
export function functionEntries(): string[] {
  return globSync("*/*.ts", { cwd: functionsDirectory })
    .filter((file) =>
      /^export (const|async function|\{) ?handler\b/m.test(read(join(functionsDirectory, file))),
    )
    .sort();
}

/** Bundles into a directory of its own, for as long as `use` needs it. */
export async function withBundle<Result>(
  entry: string,
  use: (directory: string) => Result | Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    new EsbuildBundling(entry).tryBundle(directory);
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export async function bundleSize(entry: string): Promise<BundleSize> {
  return withBundle(entry, (directory) => {
    const all = readdirSync(directory).filter((file) => file.endsWith(".mjs"));
    return {
      entry,
      startBytes: bytesOf(directory, [...loadedFrom(directory, "index.mjs")]),
      allBytes: bytesOf(directory, all),
    };
  });
}

/** The source files whose code is loaded when the function starts. */
export async function startSources(entry: string): Promise<string[]> {
  return withBundle(entry, (directory) => {
    const maps = [...loadedFrom(directory, "index.mjs")].map((file) => read(join(directory, `${file}.map`)));
    return maps.flatMap((map): string[] => JSON.parse(map).sources);
  });
}

/** The packages of npm whose code is loaded when the function starts. */
export async function startPackages(entry: string): Promise<ReadonlySet<string>> {
  const sources = await startSources(entry);
  const packages = sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]);
  return new Set(packages.filter((name) => name !== undefined));
}

function loadedFrom(directory: string, file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = read(join(directory, file)).matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g);
  for (const [, imported = ""] of imports) loadedFrom(directory, imported, seen);
  return seen;
}

function bytesOf(directory: string, files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

function read(file: string): string {
  return readFileSync(file, "utf8");
}

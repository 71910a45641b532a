// Loads bundles as Lambda would: each in a process of its own, in a directory that holds the bundle and nothing else, with
// the function's environment and without a network. A bundle that does not load is a function that never runs, and its
// messages would wait until they expire.
//
// A bundle that has loaded once is not loaded again until its files, its environment or the check itself have changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileCache } from "./file-cache.ts";
import { projectRoot } from "./project.ts";

export interface LoadableBundle {
  readonly directory: string;
  /** As Lambda is told it: `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Why a bundle does not load. */
export interface LoadFailure {
  readonly message: string;
  /** The npm package whose code failed; undefined when it is the function's own. */
  readonly package?: string;
}

/** One answer for each bundle, in order: undefined when it loads. */
export function loadBundles(bundles: readonly LoadableBundle[]): (LoadFailure | undefined)[] {
  const keys = bundles.map(keyOf);
  const unknown = bundles.flatMap((bundle, index) =>
    loadable.has(keys[index] ?? "") ? [] : [{ bundle, index }],
  );
  const answers: (LoadFailure | undefined)[] = bundles.map(() => undefined);
  if (unknown.length === 0) return answers;
  const scratch = mkdtempSync(join(tmpdir(), "essentially-once-load-"));
  try {
    const tasks = unknown.map(({ bundle: { directory, ...bundle }, index }) => {
      // Not where it was built: from there Node would find the project's node_modules, which Lambda does not have.
      const deployed = join(scratch, String(index));
      symlinkSync(directory, deployed, "junction"); // on Windows without the rights that a link needs
      return { ...bundle, directory: deployed };
    });
    const loaded = run(tasks);
    for (const [position, { index }] of unknown.entries()) {
      const failure = loaded[position] ?? undefined;
      answers[index] = failure && { message: failure.message, ...packageIn(failure.stack) };
      if (failure === undefined) loadable.keep(keys[index] ?? "", "");
    }
    return answers;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type Loaded = { readonly message: string; readonly stack: string } | null;

const program = fileURLToPath(new URL("load-all.mjs", import.meta.url));
const loader = fileURLToPath(new URL("load-one.mjs", import.meta.url));

/** Node in the version that Lambda runs, from a package of this project: the Node that runs this process may be older. */
const runtime = join(projectRoot, "node_modules/node/bin/node");

function run(tasks: readonly LoadableBundle[]): Loaded[] {
  const node = existsSync(runtime) ? runtime : process.execPath;
  const { status, stdout, stderr, error } = spawnSync(node, [program, loader], {
    input: JSON.stringify(tasks),
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  if (error !== undefined || status !== 0) {
    throw new Error(`could not load the bundles to check them: ${error?.message ?? stderr}`, {
      cause: error,
    });
  }
  return JSON.parse(stdout);
}

/** Of the frame that is nearest to the error, but for what esbuild adds; source maps name where a line came from. */
function packageIn(stack: string): Pick<LoadFailure, "package"> {
  const frame = stack.split("\n").find((line) => /^\s+at /.test(line) && !/node:|\.mjs:/.test(line));
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(frame ?? "") ?? [];
  return name === undefined ? {} : { package: name };
}

const loadable = fileCache("loaded", 1_000);

function keyOf({ directory, handler, environment }: LoadableBundle): string {
  const hash = createHash("sha256").update(JSON.stringify([handler, environment]));
  for (const file of [program, loader]) hash.update(readFileSync(file));
  for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) hash.update(file.name).update(readFileSync(join(file.parentPath, file.name)));
  }
  return hash.digest("hex");
}

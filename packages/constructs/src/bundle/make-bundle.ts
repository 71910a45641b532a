// A file → the directory that Lambda runs: ES modules with everything in them, and their source maps.
import { writeFileSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { type BuildOptions, type BuildResult, buildSync, formatMessagesSync, version } from "esbuild";
import { type BundleFiles, bundleOnce } from "./bundle-cache.ts";
import { projectRoot } from "./project.ts";
import { joinStart } from "./start-file.ts";

/**
 * Writes the bundle of a file, by its path from the project's root. Packages in `external` stay out of it.
 *
 * @throws Error that names the file, and the package where one is at fault
 */
export function writeBundle(file: string, directory: string, external: readonly string[] = []): void {
  for (const [name, text] of Object.entries(bundleOf(file, external)))
    writeFileSync(join(directory, name), text);
}

/** The files of a bundle, which is made unless it is kept. */
export function bundleOf(file: string, external: readonly string[] = []): BundleFiles {
  return bundleOnce([file, external, options(file, external), version], () => makeBundle(file, external));
}

/** The files of a bundle, and those that they were made of. */
export function makeBundle(file: string, external: readonly string[] = []) {
  const { outputFiles, metafile, warnings } = build(options(file, external));
  const [warning] = formatMessagesSync(warnings, { kind: "warning" });
  if (warning !== undefined) throw new Error(`${file} cannot be bundled cleanly: ${warning}`);
  const needRequire = new Set(outputFiles.filter(({ text }) => text.includes(requireShim)).map(pathOf));
  const parts = outputFiles.map(({ path, text }) => [basename(path), withRequire(path, text, needRequire)]);
  const files = joinStart(Object.fromEntries(parts), metafile.outputs, { ...form, external: [...external] });
  return { inputs: [...Object.keys(metafile.inputs), ...makers], files };
}

function options(file: string, external: readonly string[]): InMemory {
  return {
    ...form,
    absWorkingDir: projectRoot,
    entryPoints: [file],
    external: [...external],
    outdir: ".",
    entryNames: "index",
    outExtension: { ".js": ".mjs" },
    splitting: true, // what is imported lazily stays a file of its own: a third less to load at a cold start
    write: false, // written afterwards: paths in the source map are relative to the project, wherever the output goes
    bundle: true, // the SDK too: the one we tested, not the one the runtime happens to carry
    mainFields: ["module", "main"], // the ES modules of the SDK can be shaken, its CommonJS cannot
    alias: Object.fromEntries(["sso", "ini", "process", "web-identity"].map(withoutCredentials)),
    define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" }, // ES modules lack these
    metafile: true,
  };
}

function withoutCredentials(source: string): [string, string] {
  const path = relative(projectRoot, join(import.meta.dirname, "no-credentials.mjs"));
  return [`@aws-sdk/credential-provider-${source}`, `./${path.replaceAll("\\", "/")}`];
}

/** The files that say how a bundle is made. */
const makers = ["make-bundle", "start-file"].map((name) =>
  relative(projectRoot, join(import.meta.dirname, name + extname(import.meta.filename))),
);

/** What esbuild puts where CommonJS code asks for a module of Node: it throws unless there is a `require`. */
const requireShim = "Dynamic require of ";

/**
 * ES modules have no `require`. This line in front gives it to the files that need it, and to no others. It is marked
 * pure, so `joinStart` drops it where no code uses it.
 */
const requireLine =
  'var require=/* @__PURE__ */process.getBuiltinModule("node:module").createRequire(import.meta.url);\n';

function withRequire(path: string, text: string, needRequire: ReadonlySet<string>): string {
  if (needRequire.has(path)) return `${requireLine}${text}`;
  if (!path.endsWith(".map") || !needRequire.has(path.slice(0, -".map".length))) return text;
  const map = JSON.parse(text) as { mappings: string };
  return JSON.stringify({ ...map, mappings: `;${map.mappings}` }); // its lines have moved down by one
}

function pathOf({ path }: { readonly path: string }): string {
  return path;
}

type InMemory = BuildOptions & { readonly write: false; readonly metafile: true };

function build(given: InMemory): BuildResult<InMemory> {
  try {
    return withLessCollection(() => buildSync<InMemory>(given));
  } catch (error) {
    const [, native] = /No loader is configured for "\.node" files: (\S+)/.exec(String(error)) ?? [];
    if (native === undefined) throw error;
    throw new Error(
      `${String(given.entryPoints)} imports native code (${native}), and a bundle can hold only JavaScript. ` +
        "Use a package without native code, or a Lambda layer: docs/deploying.md#packages-with-native-code",
      { cause: error },
    );
  }
}

/**
 * esbuild is a Go program, and reads `GOGC` when it starts: a third of its time goes into collecting memory that it is
 * about to give back anyway. At 400 nine bundles peak at 570 MB instead of 190.
 */
function withLessCollection<T>(start: () => T): T {
  if (process.env.GOGC !== undefined) return start();
  process.env.GOGC = "400";
  try {
    return start();
  } finally {
    delete process.env.GOGC;
  }
}

const form = {
  platform: "node",
  target: "node24",
  format: "esm",
  minify: true,
  sourcemap: true,
  sourcesContent: false, // file and line are enough for a stack trace, and a third of the size
  logLevel: "silent", // an error is thrown with all its text, and so is a warning
} as const satisfies BuildOptions;

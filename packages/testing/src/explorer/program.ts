// How a process comes to its handler. From a file: the bundle that would be deployed, with the AWS SDK left out, which the
// explorer watches. It is loaded once as Lambda does it, and then evaluated anew for each process, so that nothing a
// killed process knew is left: for that its `import` and `export` are rewritten, and nothing else. What is imported
// lazily is evaluated then: no file is read in the middle of a run. From a function: it makes the handler, and only what
// it makes is new; modules of the test that it uses are shared by all processes.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { loadBundles } from "@essentially-once/constructs/internal/bundle/load-bundles";
import { writeBundle } from "@essentially-once/constructs/internal/bundle/make-bundle";
import type { Context } from "aws-lambda";
import { build, type Metafile } from "esbuild";
import { rememberBundle } from "./call-site.ts";

// biome-ignore lint/suspicious/noExplicitAny: each event source gives its own event and reads its own answer
export type Handler = (event: any, context: Context) => Promise<unknown>;

export interface Program {
  readonly name: string;
  /** A new process' handler; called with the environment in place. */
  start(): Handler;
  /** Loads the bundle as it is deployed, the first time. @throws NotLoadable when that fails */
  requireLoadable?(environment: Readonly<Record<string, string>>): void;
}

/** A path from the project's root, a `file:` URL, or a function that makes a handler. */
export type HandlerSource = string | URL | (() => Handler);

const bundles = new Map<string, Promise<Bundle>>();

export async function programOf(source: HandlerSource, name = nameOf(source)): Promise<Program> {
  if (typeof source === "function") return { name, start: source };
  const path = resolve(typeof source === "string" ? source : fileURLToPath(source));
  const bundled = bundles.get(path) ?? bundle(path);
  bundles.set(path, bundled);
  return { name, ...(await bundled) };
}

type Bundle = Required<Omit<Program, "name">>;

/** What Lambda would say of every start. */
export class NotLoadable extends Error {
  override readonly name = "NotLoadable";
}

type Evaluate = (require: (name: string) => unknown, module: { exports: object }, exports: object) => void;

/** Left out of the bundle: the explorer holds these very classes. */
const watched = ["@aws-sdk/*", "@smithy/*"];
const startFile = "./index.mjs";

async function bundle(path: string): Promise<Bundle> {
  const directory = mkdtempSync(join(tmpdir(), "explored-"));
  writeBundle(path, directory, watched);
  const { outputFiles, metafile } = await evaluable(directory);
  const given = await modulesFor(metafile);
  const files = new Map<string, Evaluate>();
  for (const { path: file, text } of outputFiles) {
    const code = text.replaceAll(/__toESM\((require\("[^"]+"\)), 1\)/g, "$1");
    rememberBundle(file, text);
    const script = new Script(`(function (require, module, exports) {${code}\n})`, { filename: file });
    files.set(`./${basename(file)}`, script.runInThisContext());
  }
  let isLoaded = false;
  return {
    start,
    requireLoadable(environment) {
      if (!isLoaded) load(path, environment);
      isLoaded = true;
    },
  };

  function start(): Handler {
    const loaded = new Map<string, { exports: object }>();
    const { handler } = required(startFile) as { handler?: Handler };
    if (handler === undefined) throw new Error(`${path} must export a handler`);
    return handler;

    function required(name: string): unknown {
      const known = loaded.get(name);
      if (known) return known.exports;
      const evaluate = files.get(name);
      if (evaluate === undefined) return given.get(name);
      const module = { exports: {} };
      loaded.set(name, module);
      evaluate(required, module, module.exports);
      return module.exports;
    }
  }
}

/** With the SDK, in a clean process. Engines have another address each time, which a start must not care for. */
function load(path: string, environment: Readonly<Record<string, string>>): void {
  const directory = mkdtempSync(join(tmpdir(), "loaded-"));
  try {
    writeBundle(path, directory);
    const settled = Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/^http:\/\/[\w.-]+:\d+/, "http://127.0.0.1:1"), // or no bundle would be known to load
    ]);
    const bundle = { directory, handler: "index.handler", environment: Object.fromEntries(settled) };
    const [failure] = loadBundles([bundle]);
    if (failure === undefined) return;
    const where = failure.package === undefined ? "" : ` (in package ${failure.package})`;
    throw new NotLoadable(`${path} does not load as it would be deployed: ${failure.message}${where}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The files of a bundle, each as the body of a function. */
function evaluable(directory: string) {
  return build({
    absWorkingDir: directory,
    entryPoints: readdirSync(directory).filter((file) => file.endsWith(".mjs")),
    format: "cjs",
    platform: "node",
    target: "node24",
    supported: { "dynamic-import": false }, // not by Node, which would read the file as it is
    define: {
      "import.meta.url": JSON.stringify(pathToFileURL(join(directory, "index.mjs")).href),
      "import.meta.dirname": JSON.stringify(directory),
      "import.meta.filename": JSON.stringify(join(directory, "index.mjs")),
    },
    outdir: ".",
    outExtension: { ".js": ".mjs" },
    write: false,
    metafile: true,
    sourcemap: "inline",
    logLevel: "silent",
  });
}

/** What the files import from outside. */
async function modulesFor({ outputs }: Metafile): Promise<ReadonlyMap<string, unknown>> {
  const names = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  const modules = new Map<string, unknown>();
  for (const name of new Set(names.filter((each) => !each.startsWith("./")))) {
    modules.set(name, await moduleFor(name));
  }
  return modules;
}

/** The same module, and so the same client classes, that the explorer has. */
async function moduleFor(name: string): Promise<unknown> {
  if (name === "node:timers/promises") return { setTimeout: virtualWait };
  if (name.startsWith("node:")) return createRequire(import.meta.url)(name);
  return { ...((await import(name)) as object), __esModule: true };
}

/** The timer of the run, where Node's would be the real one. */
function virtualWait(ms: number, value?: unknown): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms, value));
}

function nameOf(source: HandlerSource): string {
  if (typeof source === "function") return source.name || "handler";
  return String(source).split("/").at(-1)?.replace(/\.ts$/, "") ?? "handler";
}

// How a process comes to its handler. From a file: the file and what it imports are bundled once, as for a
// deployment, and evaluated anew for each process, so that nothing a killed process knew is left. What is imported
// lazily is in the same bundle and evaluated then: no file is read in the middle of a run. From a function:
// it makes the handler, and only what it makes is new; modules of the test that it uses are shared by all processes.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import type { Context } from "aws-lambda";
import { build } from "esbuild";

// biome-ignore lint/suspicious/noExplicitAny: each event source gives its own event and reads its own answer
export type Handler = (event: any, context: Context) => Promise<unknown>;

export interface Program {
  readonly name: string;
  /** A new process' handler; called with the environment in place. */
  start(): Handler;
}

/** A path from the project's root, a `file:` URL, or a function that makes a handler. */
export type HandlerSource = string | URL | (() => Handler);

const bundles = new Map<string, Promise<() => Handler>>();

export async function programOf(source: HandlerSource, name = nameOf(source)): Promise<Program> {
  if (typeof source === "function") return { name, start: source };
  const path = typeof source === "string" ? source : fileURLToPath(source);
  const bundled = bundles.get(path) ?? bundle(path);
  bundles.set(path, bundled);
  return { name, start: await bundled };
}

async function bundle(path: string): Promise<() => Handler> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path],
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node24",
    packages: "external",
    write: false,
    metafile: true,
    outdir: "bundle",
    sourcemap: "inline",
    logLevel: "silent",
  });
  const modules = new Map<string, unknown>();
  for (const { imports } of Object.values(metafile.inputs)) {
    for (const one of imports.filter(({ external }) => external)) {
      if (!modules.has(one.path)) modules.set(one.path, await moduleFor(one.path));
    }
  }
  const code = (outputFiles[0]?.text ?? "").replaceAll(/__toESM\((require\("[^"]+"\)), 1\)/g, "$1");
  const script = new Script(`(function (require, module, exports) {${code}\n})`, {
    filename: `${path} (bundled)`,
  });
  const evaluate = script.runInThisContext() as (...given: unknown[]) => void;
  return function start() {
    const module = { exports: {} as { handler?: Handler } };
    evaluate((name: string) => modules.get(name), module, module.exports);
    const { handler } = module.exports;
    if (handler === undefined) throw new Error(`${path} must export a handler`);
    return handler;
  };
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

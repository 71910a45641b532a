// Writes the cloud assembly with the project's own `cdk synth`, so that the local cloud runs the templates that are deployed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOfInputs, isKept, keep } from "./kept-assembly.ts";
import { COMPILED_CODE } from "./model/compiled-code.ts";

export interface SynthesizeOptions {
  readonly projectDirectory: string;
  readonly assemblyDirectory: string;
  /** The command that defines the stacks; absent: that of `cdk.json`. */
  readonly app?: string;
  readonly context: Readonly<Record<string, string>>;
  /** Ends the synthesis when it is aborted. */
  readonly signal: AbortSignal;
}

const SAID_CHARACTERS_MAX = 20_000;

export class SynthesisFailed extends Error {
  override readonly name = "SynthesisFailed";
}

export interface Synthesis {
  /** The assembly is there, and the stacks are still being checked. */
  readonly written: Promise<void>;
  /** The stacks have passed their checks. Both reject with `SynthesisFailed`. */
  readonly checked: Promise<void>;
}

/** Synthesizes unless the assembly that is there is what a synthesis would write. */
export function synthesizeChanged(options: SynthesizeOptions): Synthesis {
  const began = digestOfInputs(options);
  if (isKept(options, began)) return { written: Promise.resolve(), checked: Promise.resolve() };
  const manifest = join(options.assemblyDirectory, "manifest.json");
  rmSync(manifest, { force: true }); // of the synthesis before
  const checked = synthesize(options).then(() => keep(options, began));
  const ended = new AbortController();
  const written = Promise.race([checked, writtenWhole(manifest, ended.signal)]);
  for (const either of [checked, written]) either.catch(() => undefined).finally(() => ended.abort()); // told where it is awaited
  return { written, checked };
}

const LOOK_EVERY_MS = 40;

/** The CDK writes the manifest when all that it names is there; the checks come after it. */
async function writtenWhole(manifest: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !isJson(manifest)) await sleep(LOOK_EVERY_MS);
}

function isJson(file: string): boolean {
  try {
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")) !== null;
  } catch {
    return false; // half of it
  }
}

/** Throws `SynthesisFailed` with what the CDK said; says nothing otherwise. */
export async function synthesize(options: SynthesizeOptions): Promise<void> {
  const { projectDirectory, assemblyDirectory, app, context, signal } = options;
  const cdk = join(projectDirectory, "node_modules/aws-cdk/bin/cdk");
  const settings = Object.entries(context).flatMap(([key, value]) => ["--context", `${key}=${value}`]);
  if (app !== undefined) settings.push("--app", app);
  const child = spawn(
    process.execPath,
    [cdk, "synth", "--quiet", "--output", assemblyDirectory, ...settings],
    {
      cwd: projectDirectory,
      // The CloudFormation validator takes longer than all the rest, and `npm run check` runs it.
      env: { ...process.env, CDK_VALIDATION: "false", NODE_COMPILE_CACHE: COMPILED_CODE },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-SAID_CHARACTERS_MAX);
    });
  }
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new SynthesisFailed(`cdk synth failed (exit code ${exitCode}):\n${said.trim()}`);
}

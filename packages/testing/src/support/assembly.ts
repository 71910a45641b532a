// The synthesized assembly of an app, made once in a test run, by the first test that asks. It is only read.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { synthesize } from "@essentially-once/local-cloud/synthesize";

export const kitApp = "packages/testing/src/support/kit-app.ts";

/** As the CDK runs it, but without bundles: for who calls handlers and invokes no function. */
export function assemblyOf(app: string): Promise<string> {
  return once(`without-bundles ${app}`, async (directory) => {
    await promisify(execFile)(process.execPath, [app], {
      env: {
        ...process.env,
        CDK_OUTDIR: directory,
        CDK_CONTEXT_JSON: JSON.stringify({ "aws:cdk:bundling-stacks": [] }),
      },
    });
  });
}

/** What `cdk synth` writes: for a local cloud. */
export function bundledAssemblyOf(app: string): Promise<string> {
  return once(`bundled ${app}`, (assemblyDirectory) =>
    synthesize({
      projectDirectory: process.cwd(),
      assemblyDirectory,
      app: `node ${app}`,
      context: {},
      signal: new AbortController().signal,
    }),
  );
}

/** For a run that goes on after the source has changed. */
export async function forgetAssemblies(): Promise<void> {
  await rm(assemblies(), { recursive: true, force: true });
}

/** Two that ask at the same time both make it, and the first to be ready is taken. */
async function once(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const place = join(assemblies(), name.replaceAll(/[^\w.-]+/g, "-"));
  if (existsSync(place)) return place;
  await mkdir(assemblies(), { recursive: true });
  const draft = await mkdtemp(`${place}-draft-`);
  await make(draft);
  try {
    await rename(draft, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
    await rm(draft, { recursive: true });
  }
  return place;
}

/** In the directory of the run. */
function assemblies(): string {
  const directory = process.env.ASSEMBLIES;
  if (directory) return directory;
  throw new Error(
    "ASSEMBLIES must name a directory that lasts for this run: packages/testing/src/support/scratch.ts sets it",
  );
}

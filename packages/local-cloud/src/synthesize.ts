// Writes the cloud assembly with the project's own `cdk synth`, so that the local cloud runs the templates that are deployed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { digestOfInputs, isKept, keep } from "./kept-assembly.ts";

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

/** Synthesizes unless the assembly that is there is what a synthesis would write. @throws SynthesisFailed */
export async function synthesizeChanged(options: SynthesizeOptions): Promise<void> {
  if (isKept(options)) return;
  const began = digestOfInputs(options);
  await synthesize(options);
  keep(options, began);
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
      env: { ...process.env, CDK_VALIDATION: "false" },
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

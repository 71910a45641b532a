// Runs Quint on the model: simulates a protocol with a seed, and gives the trace of a run.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const specification = fileURLToPath(new URL("essentially-once.qnt", import.meta.url));

export interface SimulationOptions {
  /** The module of the specification. */
  readonly protocol: string;
  readonly invariant: string;
  readonly seed: number;
  readonly samples: number;
  readonly steps: number;
  /** The action that a run is made of. */
  readonly step?: string;
  /** Where the trace goes, with the actions taken: the one that breaks the invariant, or the last. */
  readonly traceFile?: string;
}

/** What the command prints when an invariant is broken, with exit code 1. */
const broken = "Invariant violated";

/** @returns whether the invariant held in every run */
export async function simulate(options: SimulationOptions): Promise<boolean> {
  try {
    await promisify(execFile)(process.execPath, [cli(), ...commandOf(options)]);
    return true;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    if (`${stdout}${stderr}`.includes(broken)) return false;
    throw error;
  }
}

/** The TypeScript backend is in the package; the other would be downloaded. */
export function commandOf(options: SimulationOptions): string[] {
  const { protocol, invariant, seed, samples, steps, step = "step", traceFile } = options;
  return [
    "run",
    specification,
    "--backend=typescript",
    `--main=${protocol}`,
    `--invariant=${invariant}`,
    `--step=${step}`,
    `--seed=${seed}`,
    `--max-samples=${samples}`,
    `--max-steps=${steps}`,
    "--verbosity=1",
    ...(traceFile === undefined ? [] : ["--mbt", `--out-itf=${traceFile}`]),
  ];
}

function cli(): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve("@informalsystems/quint/package.json");
  const { bin } = require(manifest) as { bin: { quint: string } };
  return fileURLToPath(new URL(bin.quint, `file://${manifest}`));
}

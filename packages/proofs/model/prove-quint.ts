// What the gate asks of Quint: the promises hold in so many random runs, each mistake is found, and fresh traces are
// replayed against the code. Seeds make it repeatable.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulate } from "./quint.ts";
import { replay } from "./replay.ts";
import { readTrace } from "./trace.ts";

/** The modules of the specification that are named after a mistake. */
export const mistakes = [
  "noEvidence",
  "rowInASecondTransaction",
  "noVersion",
  "deleteBeforeSend",
  "noAgeGate",
] as const;

export interface QuintFigures {
  /** Random runs of the protocol, in each of whose states the promises were looked at. */
  readonly runs: number;
  readonly holds: boolean;
  /** Mistakes that no run broke. */
  readonly survivors: readonly string[];
  readonly tracesReplayed: number;
  readonly stepsReplayed: number;
  /** Traces that the code did not follow, each with its seed. */
  readonly divergences: readonly string[];
}

export async function proveQuint({
  runs = 300,
  traces = 5,
  seed = 1,
  isOver = () => false,
  onProgress = () => undefined,
}: {
  readonly runs?: number;
  readonly traces?: number;
  readonly seed?: number;
  /** Looked at before each mistake and each trace: when it is true, no other is begun. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (text: string) => void;
} = {}): Promise<QuintFigures> {
  const ours = { protocol: "essentiallyOnce", invariant: "safe", seed, samples: runs / 2, steps: 60 };
  const holds =
    (await simulate({ ...ours, step: "step" })) && (await simulate({ ...ours, step: "mostlyWork" }));
  onProgress(`Quint: ${runs} runs ${holds ? "keep" : "break"} the promises`);
  const survivors: string[] = [];
  for (const protocol of mistakes) {
    if (isOver()) break;
    const options = { protocol, invariant: "safe", seed, step: "mostlyWork", samples: 3_000, steps: 60 };
    const survived = await simulate(options);
    if (survived) survivors.push(protocol);
    onProgress(`Quint: ${protocol} ${survived ? "survives" : "is broken"}`);
  }
  const divergences: string[] = [];
  let [tracesReplayed, stepsReplayed] = [0, 0];
  for (let nth = 1; nth <= traces && !isOver(); nth++) {
    const trace = await freshTrace(seed * 1_000 + nth);
    stepsReplayed += trace.length - 1;
    try {
      await replay(trace);
    } catch (error) {
      divergences.push(`seed ${seed * 1_000 + nth}: ${(error as Error).message}`);
    }
    tracesReplayed++;
    onProgress(`Quint: trace ${nth} of ${traces} replayed`);
  }
  return { runs, holds, survivors, tracesReplayed, stepsReplayed, divergences };
}

async function freshTrace(seed: number) {
  const traceFile = join(mkdtempSync(join(tmpdir(), "quint-")), "trace.itf.json");
  const step = seed % 2 === 0 ? "mostlyWork" : "step";
  await simulate({
    protocol: "essentiallyOnce",
    invariant: "safe",
    seed,
    step,
    samples: 50,
    steps: 60,
    traceFile,
  });
  return readTrace(traceFile);
}

// Every contender under every workload, in rounds: each round visits all of them, so that what the machine does
// meanwhile falls on all alike.
import type { Contender } from "./contender.ts";
import type { BenchEngines } from "./engines.ts";
import { type Figures, figuresOf, measure, type Sample } from "./measure.ts";
import type { Workload } from "./workloads.ts";

export interface Cell extends Figures {
  readonly contender: string;
  readonly workload: string;
}

export interface MatrixOptions {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  readonly messages: number;
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}

export async function runMatrix(
  engines: BenchEngines,
  { contenders, workloads, messages, rounds, onProgress }: MatrixOptions,
): Promise<Cell[]> {
  const cells = workloads.flatMap((workload) => contenders.map((contender) => ({ contender, workload })));
  const samples = new Map(cells.map((cell) => [cell, [] as Sample[]]));
  const of = contenders.length + rounds * cells.length;
  let done = 0;
  const [warmUp] = workloads;
  for (const contender of contenders) {
    onProgress(++done, of, `warming up: ${contender.name}`);
    if (warmUp) await measure(engines, { contender, workload: warmUp, messages });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const cell of cells) {
      onProgress(++done, of, `round ${round}: ${cell.workload.name}, ${cell.contender.name}`);
      samples.get(cell)?.push(await measure(engines, { ...cell, messages }));
    }
  }
  return cells.map((cell) => ({
    contender: cell.contender.name,
    workload: cell.workload.name,
    ...figuresOf(samples.get(cell) ?? []),
  }));
}

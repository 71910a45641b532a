// In which order the test files of one mutant run. The run ends at the first failure, so first comes the test of the mutated
// file, then what noticed the mutant before, then the file with the most tests a second that run the mutant.
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** As report-results.mjs writes it. */
interface Planned {
  readonly fileName: string;
  /** By test file: how many of its tests run the mutant. */
  readonly tests: Readonly<Record<string, number>>;
}

export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const planned = this.#planned();
    if (planned === undefined) return super.sort(files);
    const ranks = new Map(files.map((file) => [file, this.#rank(file, planned)]));
    return [...files].sort((one, other) => (ranks.get(other) ?? 0) - (ranks.get(one) ?? 0));
  }

  #rank(file: TestSpecification, { fileName, tests }: Planned): number {
    if (basename(file.moduleId, ".test.ts") === basename(fileName, ".ts")) return Number.POSITIVE_INFINITY;
    const last = this.ctx.cache.getTestSpecificationResult(file);
    if (last?.failed) return Number.MAX_VALUE;
    return (tests[file.moduleId] ?? 0) / (startMs + (last?.duration ?? 0));
  }

  /** Undefined while there are no mutants yet. */
  #planned(): Planned | undefined {
    const { PLANNED_MUTANTS: planned = "" } = process.env;
    if (!existsSync(planned)) return undefined;
    const { activeMutant } = this.ctx.getRootProject().getProvidedContext() as {
      readonly activeMutant?: string;
    };
    return JSON.parse(readFileSync(planned, "utf8"))[activeMutant ?? ""];
  }
}

/** What a test file takes before its first test. */
const startMs = 1_000;

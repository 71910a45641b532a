// In which order the test files of one mutant run. The run ends at the first failure, so first comes the test of the mutated
// file, then what noticed the mutant before, then the quickest.
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const quickestFirst = (await super.sort(files)).reverse();
    const mutated = this.#mutatedFile();
    const rank = (file: TestSpecification) => {
      if (basename(file.moduleId, ".test.ts") === mutated) return 0;
      return this.ctx.cache.getTestSpecificationResult(file)?.failed ? 1 : 2;
    };
    return quickestFirst.sort((one, other) => rank(one) - rank(other));
  }

  /** Its name without the extension; none before there are mutants. */
  #mutatedFile(): string | undefined {
    const { PLANNED_MUTANTS: planned = "" } = process.env;
    if (!existsSync(planned)) return undefined;
    const { activeMutant } = this.ctx.getRootProject().getProvidedContext() as {
      readonly activeMutant?: string;
    };
    const file: string | undefined = JSON.parse(readFileSync(planned, "utf8"))[activeMutant ?? ""];
    return file === undefined ? undefined : basename(file, ".ts");
  }
}

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((one, other) => (one.moduleId < other.moduleId ? -1 : 1));
  }
}

/** Of a worker: all trials of its plan, in one process and in their order (trial-runner.ts). */
export default defineConfig({
  test: {
    include: [`${process.env.TRIALS}/*.ts`],
    runner: here("trial-runner.ts"),
    pool: "forks",
    isolate: false,
    maxWorkers: 1,
    sequence: { sequencer: ByName },
    globalSetup: [here("../../../testing/src/support/scratch.ts")],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: { CDK_VALIDATION: "false" },
  },
});

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

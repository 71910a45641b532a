// A reporter of vitest: the test files that take longest, and their share of all. `npm run test:slow` prints it alone, and
// `npm run check` at its end.
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

const shown = 15;

export default class SlowFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log(`\n${slowFiles(modules.map(timeOf))}\n`);
  }
}

export interface FileTime {
  readonly file: string;
  readonly seconds: number;
  readonly tests: number;
}

/** The table, slowest first. Files run side by side, so their times add up to more than the run took. */
export function slowFiles(times: readonly FileTime[]): string {
  const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
  const slowest = times.toSorted((one, other) => other.seconds - one.seconds).slice(0, shown);
  const rows = slowest.map(({ file, seconds, tests }) =>
    [seconds.toFixed(1).padStart(7), share(seconds), `${tests}`.padStart(6), ` ${file}`].join(" "),
  );
  const together = slowest.reduce((sum, { seconds }) => sum + seconds, 0);
  const total = `${together.toFixed(1).padStart(7)} ${share(together)}        of ${all.toFixed(0)} s in ${times.length} files`;
  return ["SECONDS SHARE  TESTS  FILE", ...rows, total].join("\n");

  function share(seconds: number): string {
    return `${Math.round((100 * seconds) / Math.max(all, Number.MIN_VALUE))}%`.padStart(5);
  }
}

function timeOf(module: TestModule): FileTime {
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return {
    file: relative(".", module.moduleId),
    seconds: (collectDuration + setupDuration + duration) / 1_000,
    tests: [...module.children.allTests()].length,
  };
}

// A plugin of StrykerJS: writes each result to stdout as soon as it is known, one JSON object a line. And it keeps in a file
// where each mutant is and how many tests of each file run it, for the order of the tests (nearest-first.ts).
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";

class ReportResults {
  #lastAt = performance.now();

  onMutationTestingPlanReady({ mutantPlans }) {
    const planned = mutantPlans.map(({ mutant: { id, fileName, coveredBy = [] } }) => {
      const tests = {};
      for (const [file] of coveredBy.map((test) => test.split("#"))) tests[file] = (tests[file] ?? 0) + 1;
      return [id, { fileName, tests }];
    });
    writeFileSync(process.env.PLANNED_MUTANTS, JSON.stringify(Object.fromEntries(planned)));
    this.#lastAt = performance.now();
  }

  onMutantTested({
    fileName,
    location,
    mutatorName,
    replacement = "",
    status,
    statusReason,
    coveredBy = [],
    testsCompleted = 0,
  }) {
    if (status === "Ignored") return;
    const now = performance.now();
    const result = {
      file: relative(process.cwd(), fileName),
      ...location,
      mutatorName,
      replacement,
      status,
      seconds: Math.round((now - this.#lastAt) / 1_000),
      because: statusReason?.slice(0, 200),
      // Tests are chosen by their titles: one whose title is new in each run does not run, and notices nothing.
      ...(status === "Survived" && { missing: Math.max(0, coveredBy.length - testsCompleted) }),
    };
    this.#lastAt = now;
    process.stdout.write(`\nresult ${JSON.stringify(result)}\n`);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, "report-results", ReportResults)];

// Runs trial after trial in one process of vitest, each in modules of its own: only what is in node_modules stays loaded. A trial
// is an empty test file, in whose place this puts one that runs the change. After a failure its test runs again without
// the change: if it fails once more, the change is not the reason.
import { appendFileSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { RunnerTask, RunnerTestCase, RunnerTestFile, RunnerTestSuite } from "vitest";
import { describe, TestRunner, vi } from "vitest";
import {
  type Entry,
  type Hits,
  type Noticed,
  type Plan,
  type TestId,
  type Trial,
  trialFile,
} from "./trial.ts";

interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?:
    | { static: Record<string, number>; perTest: Record<string, Record<string, number>> }
    | undefined;
}

interface Step extends Trial {
  /** Of this trial: the change is off. */
  readonly controls?: string;
}

/** Read by processes that a test starts. */
const variable = "__STRYKER_ACTIVE_MUTANT__";
const plan = JSON.parse(readFileSync(process.env.TRIAL_PLAN ?? "", "utf8")) as Plan;
const machine = state();
const switches: Switches = {};
Object.assign(globalThis, { __stryker__: switches });

export default class TrialRunner extends TestRunner {
  readonly #tests = new Map<RunnerTask, TestId>();
  #step: Step | undefined;
  /** Of the trial before. */
  #noticed: Noticed | undefined;
  /** Of the change that was noticed last: it needs no other trial. */
  #done: string | undefined;
  #isSpoilt = false;

  override async importFile(path: string, source: "collect" | "setup"): Promise<unknown> {
    if (source === "setup") return super.importFile(path, source);
    this.#step = this.#stepOf(basename(path));
    const { id, file, hits = 0 } = this.#step ?? {};
    vi.resetModules();
    restore(machine);
    switches.activeMutant = id;
    if (id !== undefined) process.env[variable] = id;
    switches.hitCount = id === undefined ? undefined : 0;
    switches.hitLimit = 1_000 + 100 * hits;
    switches.mutantCoverage = { static: {}, perTest: {} };
    if (id !== undefined) tell({ kind: "begun", id });
    if (file !== undefined) {
      describe(file, async () => {
        switches.currentTestId = `${file}#all`;
        await super.importFile(`${process.cwd()}/${file}`, source);
      });
    }
    return undefined;
  }

  onCollected(files: readonly RunnerTestFile[]): void {
    const tests = this.#step?.tests;
    const chosen = tests && new Set(tests);
    for (const suite of files.flatMap(({ tasks }) => tasks).filter(isSuite)) {
      testsOf(suite).forEach((test, index) => {
        const id = `${suite.name}#${index}`;
        this.#tests.set(test, id);
        if (chosen && !chosen.has(id)) test.mode = "skip";
      });
      leaveOutEmpty(suite);
    }
  }

  override async onBeforeRunSuite(suite: RunnerTestSuite): Promise<void> {
    switches.currentTestId = `${outermost(suite)?.name}#all`;
    if (this.#failureIn(suite.file)) suite.mode = "skip";
    await super.onBeforeRunSuite(suite);
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    switches.currentTestId = this.#tests.get(test);
    if (this.#step?.id !== undefined && this.#failureIn(test.file)) test.mode = "skip";
    await super.onBeforeRunTask(test);
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    super.onAfterRunTask(test);
    appendFileSync(plan.journal, "\n"); // a sign of life
    switches.currentTestId = `${outermost(test.suite)?.name}#all`;
  }

  override onAfterRunFiles(files: RunnerTestFile[]): void {
    super.onAfterRunFiles(files);
    const [file] = files;
    const step = this.#step;
    switches.activeMutant = undefined;
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    if (step === undefined || file === undefined) return;
    const failure = this.#failureIn(file);
    if (step.controls !== undefined) {
      this.#isSpoilt = failure !== undefined;
      if (failure)
        tell({ kind: "spoilt", id: step.controls, because: `${failure.test}: ${failure.because}` });
      else tell({ kind: "tried", id: step.controls, ...(this.#noticed && { noticed: this.#noticed }) });
      this.#done = step.controls;
      this.#noticed = undefined;
    } else if (step.id === undefined) this.#tellCoverage(file);
    else {
      this.#noticed = failure;
      this.#isSpoilt = failure?.timedOut === true; // that test may still be running
      if (failure === undefined || failure.timedOut)
        tell({ kind: "tried", id: step.id, ...(failure && { noticed: failure }) });
    }
    this.#tests.clear();
  }

  /** Undefined: nothing is to be done in this file. */
  #stepOf(name: string): Step | undefined {
    if (this.#isSpoilt) return undefined;
    const index = Number.parseInt(name, 10);
    const trial = plan.trials[index];
    if (trial?.id !== undefined && trial.id === this.#done) return undefined;
    if (name === trialFile(index)) return trial;
    if (trial?.id === undefined || this.#noticed === undefined) return undefined;
    const { test } = this.#noticed;
    return {
      controls: trial.id,
      file: trial.file,
      tests: test.endsWith("#all") ? (trial.tests ?? []) : [test],
      hits: 0,
    };
  }

  #failureIn(file: RunnerTestFile): Noticed | undefined {
    for (const suite of file.tasks.filter(isSuite)) {
      for (const task of tasksOf(suite)) {
        const [error] = task.result?.errors ?? [];
        if (task.result?.state !== "fail" || error === undefined) continue;
        const because = `${error.message}`.slice(0, 200);
        const timedOut = /timed out in \d+ms|Hit count limit reached/.test(because);
        return { test: this.#tests.get(task) ?? `${suite.name}#all`, because, timedOut };
      }
    }
    const [error] = file.result?.errors ?? [];
    return (
      error && {
        test: `${this.#step?.file}#all`,
        because: `${error.message}`.slice(0, 200),
        timedOut: false,
      }
    );
  }

  #tellCoverage(file: RunnerTestFile): void {
    for (const suite of file.tasks.filter(isSuite)) {
      for (const test of testsOf(suite)) {
        const id = this.#tests.get(test) ?? "";
        const [error] = test.result?.errors ?? [];
        const hits: Hits = {
          ...switches.mutantCoverage?.perTest[`${suite.name}#all`],
          ...switches.mutantCoverage?.perTest[id],
        };
        const failed = test.result?.state === "pass" ? undefined : (error?.message ?? "it did not run");
        tell({
          kind: "test",
          test: id,
          ms: test.result?.duration ?? 0,
          hits,
          ...(failed !== undefined && { failed }),
        });
      }
    }
  }
}

/** Of this process, as a test finds it: tests replace time and chance, and leave an environment. */
function state() {
  const { setTimeout, clearTimeout, fetch } = globalThis;
  return {
    environment: { ...process.env },
    parts: [
      [globalThis, { setTimeout, clearTimeout, fetch }],
      [AbortSignal, { timeout: AbortSignal.timeout }],
      [Date, { now: Date.now }],
      [Math, { random: Math.random }],
      [process.stdout, { write: process.stdout.write }],
      [process.stderr, { write: process.stderr.write }],
    ],
  } as const;
}

function restore({ environment, parts }: ReturnType<typeof state>): void {
  for (const [owner, values] of parts) Object.assign(owner, values);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

function isSuite(task: RunnerTask): task is RunnerTestSuite {
  return task.type === "suite";
}

function tasksOf(suite: RunnerTestSuite): RunnerTask[] {
  return [suite, ...suite.tasks.flatMap((task) => (isSuite(task) ? tasksOf(task) : [task]))];
}

function testsOf(suite: RunnerTestSuite): RunnerTestCase[] {
  return tasksOf(suite).filter((task) => task.type === "test");
}

/** Their hooks would run for nothing. */
function leaveOutEmpty(suite: RunnerTestSuite): void {
  for (const one of tasksOf(suite).filter(isSuite)) {
    if (testsOf(one).every(({ mode }) => mode === "skip")) one.mode = "skip";
  }
}

/** Below the file: it has the name of the file that was put in its place. */
function outermost(suite: RunnerTestSuite | undefined): RunnerTestSuite | undefined {
  return suite?.suite && suite.suite !== suite.file ? outermost(suite.suite) : suite;
}

function tell(entry: Entry): void {
  appendFileSync(plan.journal, `${JSON.stringify(entry)}\n`);
}

// Every mutant against its checks, in as many copies of the tree as there are workers.
import { mutants as allMutants } from "./catalog.ts";
import { runCheck, runTests, runWithoutFaults } from "./check-tree.ts";
import { type Check, isQuick, type Mutant } from "./mutant.ts";
import { copyTree, type TreeCopy } from "./tree-copy.ts";

export interface Tried {
  readonly mutant: Mutant;
  /** What noticed it: a test's sentence, or the faults and what then does not hold. Absent when nothing did. */
  readonly noticed?: string;
  readonly by?: Check;
  readonly seconds: number;
}

export interface MutantFigures {
  /** Without those that survive with good reason. */
  readonly mutantsTotal: number;
  readonly mutantsKilled: number;
  readonly explained: number;
  /** For which there was no time. */
  readonly untried: number;
  /** Survivors without a reason, and those that should survive and did not. */
  readonly surprises: readonly string[];
  readonly tried: readonly Tried[];
  readonly seconds: number;
}

export interface MutantOptions {
  readonly workers?: number;
  /** Only those whose name has this in it. */
  readonly only?: string;
  /** Only those that are noticed in a moment. */
  readonly quickly?: boolean;
  /**
   * First runs all checks on the code as it is: without that, a test that fails anyway would seem to notice. It takes
   * as long as the mutants do; whoever has run the tests can leave it out.
   */
  readonly soundness?: boolean;
  /** Looked at before each mutant: when it is true, no other is begun. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (text: string) => void;
}

const soundMsMax = 1_800_000;

/** @throws Error when a check does not hold for the code as it is, or a mutant does not apply */
export async function proveMutants({
  workers = 2,
  only = "",
  quickly = false,
  soundness = true,
  isOver = () => false,
  onProgress = () => undefined,
}: MutantOptions = {}): Promise<MutantFigures> {
  const beganAt = performance.now();
  const chosen = allMutants.filter((mutant) => mutant.name.includes(only) && (!quickly || isQuick(mutant)));
  const copies = await Promise.all(Array.from({ length: workers }, copyTree));
  const tried = new Map<Mutant, Tried>();
  try {
    if (soundness) {
      await requireSound(copies, chosen);
      onProgress("mutants: their checks hold for the code as it is");
    }
    const open = [...chosen];
    await Promise.all(
      copies.map(async (copy) => {
        for (let mutant = open.shift(); mutant !== undefined && !isOver(); mutant = open.shift()) {
          const one = await tryOut(copy, mutant);
          tried.set(mutant, one);
          onProgress(`mutants: ${told(one)}`);
        }
      }),
    );
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
  const all = chosen.flatMap((mutant) => tried.get(mutant) ?? []);
  const explained = all.filter(({ mutant, noticed }) => mutant.survives && !noticed).length;
  return {
    mutantsTotal: all.filter(({ mutant }) => !mutant.survives).length,
    mutantsKilled: all.filter(({ mutant, noticed }) => !mutant.survives && noticed).length,
    explained,
    untried: chosen.length - all.length,
    surprises: all
      .filter(({ mutant, noticed }) => Boolean(mutant.survives) === Boolean(noticed))
      .map(({ mutant }) => mutant.name),
    tried: all,
    seconds: (performance.now() - beganAt) / 1_000,
  };
}

async function tryOut(copy: TreeCopy, mutant: Mutant): Promise<Tried> {
  const beganAt = performance.now();
  return copy.withMutant(mutant, async () => {
    for (const by of mutant.checks) {
      const noticed = await runCheck(copy.directory, by);
      if (noticed !== undefined) return { mutant, noticed, by, seconds: elapsed() };
    }
    return { mutant, seconds: elapsed() };
  });

  function elapsed(): number {
    return (performance.now() - beganAt) / 1_000;
  }
}

/** Tests in one run, scenarios without faults: what the gate searches anyway is not searched twice. */
async function requireSound(copies: readonly TreeCopy[], chosen: readonly Mutant[]): Promise<void> {
  const checks = chosen.flatMap((mutant) => mutant.checks);
  const files = new Set(checks.map((check) => (check.kind === "test" ? check.file : "")));
  files.delete("");
  const scenarios = new Set(checks.map((check) => (check.kind === "test" ? "" : check.scenario)));
  scenarios.delete("");
  const [first, second = first] = copies as [TreeCopy, TreeCopy?];
  const [tests, ...runs] = await Promise.all([
    files.size > 0 ? runTests(first.directory, [...files], { msMax: soundMsMax }) : undefined,
    inTurn([...scenarios], (scenario) => runWithoutFaults((second ?? first).directory, scenario)),
  ]);
  const broken = [tests, ...runs.flat()].filter((noticed) => noticed !== undefined);
  if (broken.length > 0) throw new Error(`the code as it is does not pass its checks: ${broken.join("; ")}`);
}

async function inTurn<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

export function told({ mutant, noticed, by, seconds }: Tried): string {
  const time = `${seconds.toFixed(1)} s`;
  if (noticed === undefined)
    return `${mutant.name}: survives${mutant.survives ? ", as it must" : ""} (${time})`;
  const where = by?.kind === "test" ? by.file.replace("test/", "") : `${by?.kind}, ${by?.scenario}`;
  return `${mutant.name}: ${where}: ${noticed} (${time})`;
}

if (import.meta.main) {
  const { tried, surprises, mutantsKilled, mutantsTotal } = await proveMutants({
    only: process.argv[2] ?? "",
    soundness: false,
    onProgress: (text) => console.log(text),
  });
  console.log(
    `${mutantsKilled} of ${mutantsTotal} noticed, ${tried.length} tried; not as expected: ${surprises.join("; ") || "none"}`,
  );
  process.exitCode = surprises.length === 0 ? 0 : 1;
}

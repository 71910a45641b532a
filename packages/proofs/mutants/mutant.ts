// A mutant: the real code with one change that breaks a promise, and the checks that must notice. Searched and tested
// like the code itself, in a copy of the tree; whoever survives shows a mechanism that no test holds in its place.
export interface Mutant {
  /** What is wrong, in a few words. Unique. */
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  /** Occurs once in the file, or the mutant is out of date. */
  readonly find: string;
  readonly replace: string;
  /** Tried in turn until one fails: what is responsible first. */
  readonly checks: readonly Check[];
  /** Why no check can notice, for one that survives with good reason. */
  readonly survives?: string;
}

export type Check =
  /** Every single fault of a scenario, by its name. */
  | { readonly kind: "faults"; readonly scenario: string }
  /** Every order of concurrent workers. */
  | { readonly kind: "orders"; readonly scenario: string }
  /** A test file, from the project's root; `quick` when it starts no engines. */
  | { readonly kind: "test"; readonly file: string; readonly quick: boolean };

export function faults(scenario: string): Check {
  return { kind: "faults", scenario };
}

export function orders(scenario: string): Check {
  return { kind: "orders", scenario };
}

/** @param path the package, and the test in it without its ending: `messaging/rows` */
export function test(path: string): Check {
  return { kind: "test", file: testFile(path), quick: false };
}

/** A test that starts no engines. */
export function quickTest(path: string): Check {
  return { kind: "test", file: testFile(path), quick: true };
}

export function messaging(name: string): Check {
  return test(`messaging/${name}`);
}

function testFile(path: string): string {
  const [name = "", ...rest] = path.split("/");
  return `packages/${name === "proofs" ? name : `${name}/test`}/${rest.join("/")}.test.ts`;
}

/** Noticed by the search of the explorer, which the bounded proof relies on, or by a test that takes a moment. */
export function isQuick({ checks: [first] }: Mutant): boolean {
  return first !== undefined && (first.kind !== "test" || first.quick);
}

/** @throws Error when the mutant does not apply to the text exactly once */
export function mutate(text: string, { name, file, find, replace }: Mutant): string {
  const times = text.split(find).length - 1;
  if (times !== 1) {
    throw new Error(
      `the mutant "${name}" is out of date: its text occurs ${times} times in ${file}, and must once:\n${find}`,
    );
  }
  return text.replace(find, () => replace);
}

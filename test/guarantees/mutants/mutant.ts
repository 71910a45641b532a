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
  /** A test file, from the project's root. */
  | { readonly kind: "test"; readonly file: string };

export function faults(scenario: string): Check {
  return { kind: "faults", scenario };
}

export function orders(scenario: string): Check {
  return { kind: "orders", scenario };
}

/** @param path below `test/`, without its ending: `functions/messaging/rows` */
export function test(path: string): Check {
  return { kind: "test", file: `test/${path}.test.ts` };
}

export function messaging(name: string): Check {
  return test(`functions/messaging/${name}`);
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

// What a worker is to do and what it tells. Both are files, because a change may make its process hang or end.

/** Tests are told apart by their file and their place in it, `file#3`: a title may be new in each run. */
export type TestId = string;

/** By the number of a change: how often its place ran. */
export type Hits = Readonly<Record<string, number>>;

export interface Trial {
  /** Of the change. Undefined: no change, and each test tells which places it runs. */
  readonly id?: string;
  readonly file: string;
  /** Without them all of the file. */
  readonly tests?: readonly TestId[];
  /** Of the change, in these tests without it. */
  readonly hits: number;
}

export interface Noticed {
  readonly test: TestId;
  readonly because: string;
  /** The test did not end. */
  readonly timedOut: boolean;
}

export type Entry =
  | {
      readonly kind: "test";
      readonly test: TestId;
      readonly ms: number;
      readonly hits: Hits;
      readonly failed?: string;
    }
  | { readonly kind: "begun"; readonly id: string }
  | { readonly kind: "tried"; readonly id: string; readonly noticed?: Noticed }
  /** The test fails without the change as well: something is left of another one, and this process tries no more. */
  | { readonly kind: "spoilt"; readonly id: string; readonly because: string };

/** Where a worker finds its trials, in their order, and where it writes a line for each entry. */
export interface Plan {
  readonly trials: readonly Trial[];
  readonly journal: string;
}

/** Each trial is a test file of its own name, and so is the control that follows it: vitest runs them in the order of names. */
export const trialFile = (index: number) => `${numbered(index)}-1-trial.ts`;
export const controlFile = (index: number) => `${numbered(index)}-2-control.ts`;

function numbered(index: number): string {
  return String(index).padStart(5, "0");
}

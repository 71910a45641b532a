// A strategy: a known way to process messages, as small as it can be written, and the scenario that searches it. Strategies
// that break a promise prove that the search finds a breach; those that keep it are the control, in the same small form.
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";

export interface Strategy {
  readonly name: string;
  /** Why it breaks, or why not, in a few words. */
  readonly because: string;
  readonly holds: boolean;
  readonly scenario: Scenario;
  /** The same with two functions at work on the same messages, where their order counts. */
  readonly concurrently?: Scenario;
}

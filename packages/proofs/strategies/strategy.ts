// A strategy: a way to process messages that somebody thought of, as small as it can be written, and the scenario in
// which it is searched. Those that do not hold are kept as proof that the search sees what it must see; those that
// do hold are the control, in the same small form.
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

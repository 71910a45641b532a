// Every kind of thing that the kit stores or sends: how a release writes one, and what a later one makes of it.
import type { Stage } from "./stage.ts";

export interface Kind {
  readonly name: string;
  /** Its rows in docs/upgrading.md. */
  readonly formats: readonly string[];
  readonly fifo?: true;
  /** Leaves things in the stage. @returns what else a reader is given, as JSON */
  write(stage: Stage): Promise<unknown>;
  /** @returns the result, as JSON: the same in every release */
  read(stage: Stage, given: never): Promise<unknown>;
  /** How much later it is read: a lease has ended by then. */
  readonly laterMs?: number;
}

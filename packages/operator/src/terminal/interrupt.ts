// Ctrl-C while many messages are worked on: the first one lets what is in hand end, gives the others back and says how
// far it came; the second one ends the process. Either way the command can be run again.

import { printError } from "./print.ts";

export interface Interrupt {
  readonly isStopped: () => boolean;
  /** The next Ctrl-C ends the process again. */
  end(): void;
}

export function interruptible(): Interrupt {
  let stopped = false;
  process.once("SIGINT", stop);
  return { isStopped: () => stopped, end: () => process.off("SIGINT", stop) };

  function stop(): void {
    stopped = true;
    printError("Stopping after the current step; Ctrl-C again stops at once.");
  }
}

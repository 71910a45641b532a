// Handles Ctrl-C while a command processes many messages. The first one lets the messages in progress finish, gives the others
// back and reports the progress; the second one ends the process. In both cases the command can be run again.

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

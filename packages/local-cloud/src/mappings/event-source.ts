// Common to all event sources: one runs until it is stopped, and a stop ends its waits.

import { setTimeout as sleep } from "node:timers/promises";

export interface EventSource {
  /** Reads no more records, and resolves when the running invocations have ended. */
  stop(): Promise<void>;
}

/** Waits, or less when the signal fires. */
export async function waitUnlessStopped(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The line that people read when an event source cannot reach its engine or its destination. */
export function troubleLine(what: string, error: unknown): string {
  return JSON.stringify({
    level: "WARN",
    message: `${what}: ${error instanceof Error ? error.message : error}`,
  });
}

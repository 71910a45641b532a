// Trouble that a person makes: at once where a function is at work, otherwise in its next delivery.

import type { Armed, Chaos } from "./chaos.ts";
import type { Emit } from "./model/events.ts";
import type { Deployment } from "./model/model.ts";
import { functionArnOf } from "./model/named.ts";
import type { Runtime } from "./runtime/runtime.ts";

export interface HandTrouble {
  /** Kills what is at work of the function. @returns how many requests that ended; 0: nothing was at work */
  killNow(path: string): number;
  /**
   * For the next delivery of a queue or a stream to the function. A kill comes after its commit.
   * @returns false for a function that neither feeds: nothing would deliver again what fails
   */
  arm(path: string, what: Armed): boolean;
}

/** Each throws for a path that no function has, naming those there are. */
export function handTrouble({
  deployment,
  runtime,
  chaos,
  onEvent,
}: {
  readonly deployment: Deployment;
  readonly runtime: Runtime;
  readonly chaos: Chaos;
  readonly onEvent: Emit;
}): HandTrouble {
  const { sqsMappings, streamMappings } = deployment;
  const fed = new Set([...sqsMappings, ...streamMappings].map(({ functionArn }) => functionArn));
  return {
    killNow(path) {
      functionArnOf(deployment, path);
      const killed = runtime.killAtWork(path);
      for (const requestId of killed) onEvent({ kind: "chaos", what: "kill", path, requestId });
      return killed.length;
    },
    arm(path, what) {
      if (!fed.has(functionArnOf(deployment, path))) return false;
      chaos.arm(path, what);
      return true;
    },
  };
}

// Trouble on purpose: the failures that at-least-once delivery allows, more often than AWS has them.
//
//   kill            the function's process dies in mid-batch, or once its response has arrived (after its commit)
//   duplicate       the batch is delivered to two processes at once
//   drop-response   the function's response is lost: no message is deleted, and the whole batch is redelivered
//   lost-response   the connection breaks before an engine's response reaches the function
//
//   Chaos is transient: it spares the third and later attempts of a delivery, so it alone drives no message into a
//   dead-letter queue. With the same seed the n-th delivery to a function meets the same fate in every run; which
//   messages are in it depends on timing.

import type { ChaosEvent, Emit } from "./model/events.ts";
import type { InvocationOptions, InvocationResult, Invoke } from "./model/invocation.ts";

export interface ChaosOptions {
  /** From 0 (none) to 1 (heavy). */
  readonly level: number;
  readonly seed: number;
  readonly onEvent?: Emit;
}

export interface Chaos {
  /** For event sources that deliver again what failed: queues and streams. */
  disturb(invoke: Invoke, pathOf: (functionArn: string) => string): Invoke;
  /** Asked for each request of a function to an engine. */
  losesResponse(): boolean;
  /** The next delivery to the function meets this fate, at any level and attempt; a kill comes after its commit. */
  arm(path: string, what: Armed): void;
  stop(): void;
}

export type Armed = "kill" | "duplicate" | "drop-response";

/** Of a hundred deliveries, or requests, at level 1. */
const KILLS = 20;
const DUPLICATES = 20;
const DROPPED_RESPONSES = 13;
const LOST_RESPONSES = 3.3;

const KILL_WITHIN_MS = 40;
const SPARED_FROM_ATTEMPT = 3;

type Fate =
  | { what: "kill"; kill: NonNullable<InvocationOptions["kill"]> }
  | { what: "duplicate" | "drop-response" };

/** Throws when the level is out of range. */
export function startChaos({ level, seed, onEvent = () => undefined }: ChaosOptions): Chaos {
  if (!(level >= 0 && level <= 1))
    throw new RangeError(`chaos level must be a number from 0 to 1, got ${level}`);
  const fates = new Map<string, () => Fate | undefined>();
  const armed = new Map<string, Armed[]>();
  const connection = randomNumbers(`${seed}/connections`);
  let over = level === 0;

  function disturb(invoke: Invoke, pathOf: (functionArn: string) => string): Invoke {
    return async function disturbed(functionArn, event, options = {}) {
      const path = pathOf(functionArn);
      const fate = fateOf(path, options.attempt ?? 1);
      const deliver = (more: InvocationOptions = {}) => invoke(functionArn, event, { ...options, ...more });
      switch (fate?.what) {
        case "kill":
          return killed(path, await deliver({ kill: fate.kill }));
        case "duplicate":
          return duplicated(path, await Promise.all([deliver({ atOnce: true }), deliver({ atOnce: true })]));
        case "drop-response":
          return dropped(path, await deliver());
        default:
          return deliver();
      }
    };
  }

  /** A batch that ended before its moment came lives. */
  function killed(path: string, result: InvocationResult): InvocationResult {
    if (result.outcome === "killed") tell("kill", path, result);
    return result;
  }

  function duplicated(path: string, [first, second]: [InvocationResult, InvocationResult]): InvocationResult {
    tell("duplicate", path, second);
    return first;
  }

  function dropped(path: string, result: InvocationResult): InvocationResult {
    if (result.outcome !== "ok") return result;
    tell("drop-response", path, result);
    return { requestId: result.requestId, outcome: "dropped" };
  }

  /** Draws even when the delivery is spared, so that the next one's fate does not depend on it. */
  function fateOf(path: string, attempt: number): Fate | undefined {
    const next = fates.get(path) ?? fatesOf(randomNumbers(`${seed}/${path}`), level);
    fates.set(path, next);
    const fate = next();
    const chosen = armed.get(path)?.shift();
    if (chosen) return chosen === "kill" ? { what: chosen, kill: "on-response" } : { what: chosen };
    return over || attempt >= SPARED_FROM_ATTEMPT ? undefined : fate;
  }

  function tell(what: ChaosEvent["what"], path: string, { requestId }: InvocationResult): void {
    onEvent({ kind: "chaos", what, path, requestId });
  }

  return {
    disturb,
    losesResponse() {
      const loses = connection() * 100 < LOST_RESPONSES * level;
      if (over || !loses) return false;
      onEvent({ kind: "chaos", what: "lost-response" });
      return true;
    },
    arm(path, what) {
      armed.set(path, [...(armed.get(path) ?? []), what]);
    },
    stop() {
      over = true;
    },
  };
}

function fatesOf(random: () => number, level: number): () => Fate | undefined {
  return function next() {
    const roll = (random() * 100) / level;
    const [isAfterCommit, moment] = [random() < 0.5, random()];
    if (roll < KILLS) {
      return {
        what: "kill",
        kill: isAfterCommit ? "on-response" : { afterMs: Math.ceil(moment * KILL_WITHIN_MS) },
      };
    }
    if (roll < KILLS + DUPLICATES) return { what: "duplicate" };
    if (roll < KILLS + DUPLICATES + DROPPED_RESPONSES) return { what: "drop-response" };
    return undefined;
  };
}

/** Mulberry32 over a hash of the seed: small, fast, and the same everywhere. From 0 to below 1. */
export function randomNumbers(seed: string): () => number {
  let state = [...seed].reduce(
    (hash, character) => Math.imul(hash ^ character.charCodeAt(0), 0x01000193),
    0x811c9dc5,
  );
  return function next() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// What a verb of `npm run dlq` is given.

import { type Asked, numberGiven } from "./command-line.ts";
import type { Connection } from "./connection.ts";
import type { ConsumerQueue } from "./dead-letters/consumer-queues.ts";
import { holdSecondsDefault } from "./dead-letters/hold.ts";
import { rateDefault } from "./dead-letters/redrive.ts";
import type { DlqVerb } from "./dlq-tool.ts";
import type { Given } from "./flags.ts";

export interface DlqJob extends Asked<DlqVerb> {
  readonly connection: Connection;
  readonly queues: readonly ConsumerQueue[];
  readonly evidenceTable: string;
}

/** Messages a second. */
export function rateOf(given: Given): number {
  return numberGiven(given, "rate", { min: 1, max: 1_000, otherwise: rateDefault });
}

export function holdOf(given: Given): number {
  return numberGiven(given, "hold", { min: 1, max: 43_200, otherwise: holdSecondsDefault });
}

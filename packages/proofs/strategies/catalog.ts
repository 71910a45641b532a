// All strategies, those that fail and their controls, in the order of the table in docs/guarantees.md.
import { consumerStrategies } from "./consumers.ts";
import { groupStrategies } from "./groups.ts";
import { leaseStrategies } from "./leases.ts";
import { limitStrategies } from "./limits.ts";
import { processStrategies } from "./processes.ts";
import { pullStrategies } from "./pulls.ts";
import { relayStrategies } from "./relays.ts";
import { rowKeyStrategies } from "./row-keys.ts";
import { senderStrategies } from "./senders.ts";
import type { Strategy } from "./strategy.ts";
import { timerStrategies } from "./timers.ts";

export const strategies: readonly Strategy[] = [
  ...senderStrategies,
  ...consumerStrategies,
  ...leaseStrategies,
  ...pullStrategies,
  ...groupStrategies,
  ...relayStrategies,
  ...rowKeyStrategies,
  ...timerStrategies,
  ...limitStrategies,
  ...processStrategies,
];

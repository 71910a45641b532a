// How fast a consumer can be at a moment: concurrency as the mapping grows it, the table as DynamoDB grows it, a
// key as its item allows.
import { limits } from "../scaling/limits.ts";
import type { Scenario } from "./scenario.ts";

/** Messages of one key that can take effect in a second: commits follow each other, and one partition takes them. */
export function keyMessagesPerSecond({ commitMs, keyWriteUnits }: Scenario): number {
  return Math.min(1_000 / commitMs, limits.partitionWrites.value / keyWriteUnits);
}

/** Lambda starts so many invocations a second and no more, however short they are. */
export function invocationsPerSecond({ accountConcurrency }: Scenario): number {
  return accountConcurrency * limits.requestsPerEnvironment.value;
}

export interface Pollers {
  /** Invocations at a time that the mapping keeps up now. */
  readonly now: number;
  /** Grows while messages are left, shrinks when fewer do. */
  after(second: { readonly left: boolean; readonly needed: number }): Pollers;
}

export function pollers(scenario: Scenario): Pollers {
  const { fifo, provisioned, keys } = scenario;
  const most = Math.min(
    provisioned ? limits.provisionedConcurrency.value : limits.mappingConcurrency.value,
    scenario.maxConcurrency,
    scenario.accountConcurrency,
    fifo ? keys + 1 : Number.POSITIVE_INFINITY,
  );
  const fewest = Math.min(
    provisioned ? 2 * limits.provisionedPerPoller.value : limits.mappingStart.value,
    most,
  );
  const step = (provisioned ? limits.provisionedRamp.value : limits.mappingRamp.value) / 60;
  return at(fewest);

  function at(now: number): Pollers {
    return {
      now,
      after: ({ left, needed }) =>
        at(left ? Math.min(most, now + step) : Math.max(fewest, needed, now - step)),
    };
  }
}

/** What the busiest table takes: twice its last peak, from what it starts with to its quota. */
export function tableWrites({ tableWritesPerSecond }: Scenario): {
  readonly now: number;
  used(writeUnitsPerSecond: number): void;
} {
  let peak = tableWritesPerSecond / 2;
  let secondsAtPeak = 0;
  return {
    get now() {
      return Math.min(limits.tableWrites.value, 2 * peak);
    },
    used(writeUnitsPerSecond) {
      // It doubles within half an hour; this takes the whole of it, which is what the documentation promises.
      secondsAtPeak = writeUnitsPerSecond > peak ? secondsAtPeak + 1 : 0;
      if (secondsAtPeak < doublingSeconds) return;
      peak = writeUnitsPerSecond;
      secondsAtPeak = 0;
    },
  };
}

const doublingSeconds = 1_800;

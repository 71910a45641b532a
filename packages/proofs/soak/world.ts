// A world of the soak: messages, some of them sent twice, trouble at some calls, and an order of concurrent calls.

import { canMeet, type Fault, type FaultKind } from "@essentially-once/testing/internal/explorer/fault";
import * as fc from "fast-check";

export interface World {
  readonly deposits: readonly PlannedDeposit[];
  /** Deposits that are sent a second time, as another message of SQS: by their place, wrapped around. */
  readonly again: readonly number[];
  readonly faults: readonly Fault[];
  /** Chooses who goes next; 0 leaves it to who waits longest. */
  readonly turns: number;
}

export interface PlannedDeposit {
  readonly account: number;
  readonly amount: number;
}

const depositsMax = 5;
const copiesMax = 2;
/** Fewer than a message has receives, so that none ends among the dead letters for trouble alone. */
const faultsMax = 3;
/** Of one command; a fault at a call that never comes is none. */
const nthMax = 6;

export function worldArbitrary({
  accounts,
  commands,
  kinds,
}: {
  /** How many accounts there are for deposits to go to. */
  readonly accounts: number;
  readonly commands: readonly string[];
  readonly kinds: readonly FaultKind[];
}): fc.Arbitrary<World> {
  const faults = commands.flatMap((command) =>
    kinds.filter((kind) => canMeet(kind, { command })).map((kind) => ({ kind, command })),
  );
  const deposit = fc.record({ account: fc.nat(accounts - 1), amount: fc.integer({ min: 1, max: 9 }) });
  return fc.record({
    deposits: fc.array(deposit, { minLength: 1, maxLength: depositsMax }),
    again: fc.array(fc.nat(depositsMax - 1), { maxLength: copiesMax }),
    faults: fc.array(
      fc
        .tuple(fc.constantFrom(...faults), fc.integer({ min: 1, max: nthMax }))
        .map(([fault, nth]) => ({ ...fault, nth })),
      { maxLength: faultsMax },
    ),
    turns: fc.nat(1_000),
  });
}

/**
 * Counts the rounds of a loop that should end after a few; throws when it does not. A loop that never waits for
 * anything outside the process cannot be stopped by a test's timeout.
 */
export function* rounds(atMost = 100): Generator<number> {
  for (let round = 1; round <= atMost; round++) yield round;
  throw new Error(`not at rest after ${atMost} rounds`);
}

/**
 * The rounds of what comes to rest after a few of them; throws when it does not. A loop that only asks again is never
 * stopped by a test's timeout when nothing in it waits for the outside.
 */
export function* rounds(atMost = 100): Generator<number> {
  for (let round = 1; round <= atMost; round++) yield round;
  throw new Error(`not at rest after ${atMost} rounds`);
}

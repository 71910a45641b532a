// Which of all changes are tried: chosen by the seed, each as likely as any other.
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import type { Change } from "./instrument.ts";

/**
 * `count` changes, the same for the same seed and code. Left out are texts for people: no test reads how a sentence of an error
 * or a log goes on.
 */
export function draw(
  changes: readonly Change[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Change[] {
  const random = seededRandom(seed);
  const open = changes.filter((change) => !isProse(change));
  const drawn: Change[] = [];
  while (drawn.length < count && open.length > 0)
    drawn.push(...open.splice(Math.floor(random() * open.length), 1));
  return drawn;
}

/** A text of three words or more that is no expression of DynamoDB or SQS. */
function isProse({ mutatorName, original }: Change): boolean {
  return (
    mutatorName === "StringLiteral" &&
    /[a-z,] [a-z]+ [a-z]/.test(original) &&
    !/[=#:]\w|_not_exists/.test(original)
  );
}

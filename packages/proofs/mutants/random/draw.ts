// Which of all changes are tried: chosen by the seed, each as likely as any other.
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import type { Change } from "./discover.ts";

/**
 * Places until they have `count` changes, the same for the same seed and code. All changes of a place are taken, because
 * StrykerJS tries them together: a few more than `count` may be drawn. Left out are texts for people: no test reads how a
 * sentence of an error or a log goes on.
 */
export function draw(
  changes: readonly Change[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Change[] {
  const random = seededRandom(seed);
  const open = changes.filter((change) => !isProse(change));
  const places = [...Map.groupBy(open, placeOf).values()];
  const drawn: Change[] = [];
  while (drawn.length < count && places.length > 0) {
    const [one] = places.splice(Math.floor(random() * places.length), 1);
    if (one !== undefined) drawn.push(...one);
  }
  return drawn;
}

function placeOf({ file, start, end }: Change): string {
  return `${file}:${start.line}:${start.column}-${end.line}:${end.column}`;
}

/** A text of three words or more that is no expression of DynamoDB or SQS. */
function isProse({ mutatorName, original }: Change): boolean {
  return (
    mutatorName === "StringLiteral" &&
    /[a-z,] [a-z]+ [a-z]/.test(original) &&
    !/[=#:]\w|_not_exists/.test(original)
  );
}

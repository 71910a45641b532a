// Requests side by side, within bounds.
//
//   G11. At most `most` are on their way; nothing is begun after a failure, and nothing is still running when it returns.

/** As many requests as one process has on their way to one place. */
export const requestsAtOnce = 10;

/**
 * Works on all items, at most `most` at a time.
 * @returns the results, in the order of the items
 * @throws the first failure, when all that was begun has ended
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const open = items.entries();
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  return results;

  async function worker(): Promise<void> {
    for (const [index, item] of open) {
      if (failure !== undefined) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
}

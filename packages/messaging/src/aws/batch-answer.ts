// The answer to a batch request is an HTTP 200, and each of its entries has a result of its own. Every entry of every
// answer is read here: confirmed, worth another try, or refused with its code. An entry that the answer does not mention
// counts as not done. The requests themselves are in sqs-batch.ts, dynamodb-batch.ts and
// statement-batch.ts, and nowhere else.
//
//   G11. Entries are sent again a bounded number of times; an answer that confirms some of them starts the count anew.
import { atOnce, requestsAtOnce } from "../core/at-once.ts";
import { waitToRetry } from "../core/retry.ts";

/** An entry that was not done, and why. */
export interface Refused<Entry> {
  readonly entry: Entry;
  readonly code: string;
}

/** The entries that an answer does not confirm. */
export interface Answer<Entry> {
  /** May be done in a moment. */
  readonly again: readonly Refused<Entry>[];
  /** Will not be done, however often it is sent. */
  readonly refused: readonly Refused<Entry>[];
}

export interface BatchRequests<Entry> {
  readonly entriesMax: number;
  /** Sends one request. An error that it throws counts for all of its entries. */
  readonly request: (entries: readonly Entry[]) => Promise<Answer<Entry>>;
  /** No wait ends later. */
  readonly deadlineMs?: number | undefined;
}

const attemptsMax = 4;

/**
 * Sends all entries, as few requests as it takes, side by side, and returns those that were not done.
 * @throws what `request` throws; no request is begun after that
 */
export async function sendInBatches<Entry>(
  entries: readonly Entry[],
  { entriesMax, request, deadlineMs = Number.POSITIVE_INFINITY }: BatchRequests<Entry>,
): Promise<Refused<Entry>[]> {
  const chunks = Array.from({ length: Math.ceil(entries.length / entriesMax) }, (_, n) =>
    entries.slice(n * entriesMax, (n + 1) * entriesMax),
  );
  return (await atOnce(chunks, requestsAtOnce, sendChunk)).flat();

  async function sendChunk(chunk: readonly Entry[]): Promise<Refused<Entry>[]> {
    const refused: Refused<Entry>[] = [];
    let open = chunk;
    for (let attempt = 1; ; attempt++) {
      const { again, refused: never } = await request(open);
      refused.push(...never);
      if (again.length === 0) return refused;
      if (again.length < open.length) attempt = 0; // it moves
      open = again.map(({ entry }) => entry);
      const goesOn = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
      if (!goesOn) return [...refused, ...again];
    }
  }
}

// The answer to a batch request is an HTTP 200, and each of its entries has a result of its own. Every entry of every
// answer is read here: confirmed, worth another try, or refused with its code. What the answer does not mention at all
// counts as not done. The requests themselves are in sqs-batch.ts and dynamodb-batch.ts, and nowhere else.
//
//   G11. Entries are sent again a bounded number of times; an answer that confirms some of them starts the count anew.
import { waitToRetry } from "../core/retry.ts";

/** An entry that was not done, and why. */
export interface Refused<Entry> {
  readonly entry: Entry;
  readonly code: string;
}

/** What one answer says of the entries it does not confirm. */
export interface Answer<Entry> {
  /** May be done in a moment. */
  readonly again: readonly Refused<Entry>[];
  /** Will not be done, however often it is sent. */
  readonly refused: readonly Refused<Entry>[];
}

export interface BatchRequests<Entry> {
  readonly entriesMax: number;
  /** Sends one request. What it throws counts for all of its entries. */
  readonly request: (entries: readonly Entry[]) => Promise<Answer<Entry>>;
  /** No wait ends later. */
  readonly deadlineMs?: number | undefined;
}

const attemptsMax = 4;

/**
 * Sends all entries, as many requests as it takes, and returns those that were not done.
 * @throws what `request` throws; the requests that follow are not sent then
 */
export async function sendInBatches<Entry>(
  entries: readonly Entry[],
  { entriesMax, request, deadlineMs = Number.POSITIVE_INFINITY }: BatchRequests<Entry>,
): Promise<Refused<Entry>[]> {
  const refused: Refused<Entry>[] = [];
  let open = [...entries];
  for (let attempt = 1; open.length > 0; attempt++) {
    const chunk = open.slice(0, entriesMax);
    const behind = open.slice(entriesMax);
    const { again, refused: never } = await request(chunk);
    refused.push(...never);
    open = [...again.map(({ entry }) => entry), ...behind];
    if (again.length < chunk.length) attempt = 0; // it moves
    if (again.length === 0) continue;
    const goesOn = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
    if (!goesOn) return [...refused, ...again, ...behind.map(asUnsent)];
  }
  return refused;
}

function asUnsent<Entry>(entry: Entry): Refused<Entry> {
  return { entry, code: "NOT_SENT" };
}

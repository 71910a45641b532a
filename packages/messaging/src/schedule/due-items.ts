// The items that are due, oldest first, from the index of all slots.
//
//   G11. A page of each slot is in memory, however many items are due. Each entry of the index is read once.
//   G12. The index may be a moment behind the table; whoever dispatches reads the item itself.
import { type AttributeValue, QueryCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { dueIndex, slotCount } from "./scheduled-item.ts";

export interface DueEntry {
  readonly id: string;
  readonly due: string;
  readonly slot: string;
}

export interface DueRange {
  readonly table: string;
  readonly slots: readonly string[];
  /** ISO text; entries that are due later only. */
  readonly after?: string;
  /** ISO text; entries that are due then, or before. */
  readonly until: string;
  readonly pageSize?: number;
}

export const allSlots: readonly string[] = Array.from({ length: slotCount }, (_, slot) => String(slot));

const pageSizeDefault = 100;

/** Yields the entries in the order of their times: with each step all that the pages in memory allow. */
export async function* dueEntries({
  pageSize = pageSizeDefault,
  ...range
}: DueRange): AsyncGenerator<readonly DueEntry[]> {
  const pages = range.slots.map((slot): Page => ({ slot, entries: [], startKey: undefined, isLast: false }));
  for (;;) {
    const empty = pages.filter(({ entries, isLast }) => entries.length === 0 && !isLast);
    await Promise.all(empty.map((page) => readPage(page, range, pageSize)));
    const open = pages.filter(({ isLast }) => !isLast);
    // Behind the last entry of a page that has a next one, that one may have older entries than other slots.
    const ends = open.map(({ entries }) => entries.at(-1)?.due ?? "");
    const until = ends.reduce((low, end) => (end < low ? end : low), range.until);
    const step = pages.flatMap((page) => take(page, until));
    if (step.length > 0) yield step.sort((a, b) => (a.due < b.due ? -1 : 1));
    if (open.length === 0) return;
  }
}

interface Page {
  readonly slot: string;
  entries: DueEntry[];
  startKey: Record<string, AttributeValue> | undefined;
  isLast: boolean;
}

function take(page: Page, until: string): DueEntry[] {
  const count = page.entries.filter(({ due }) => due <= until).length;
  return page.entries.splice(0, count);
}

async function readPage(
  page: Page,
  { table, after, until }: Omit<DueRange, "slots">,
  Limit: number,
): Promise<void> {
  const { Items = [], LastEvaluatedKey } = await dynamodb().send(
    new QueryCommand({
      TableName: table,
      IndexName: dueIndex,
      KeyConditionExpression: "slot = :slot AND due BETWEEN :after AND :until",
      ExpressionAttributeValues: {
        ":slot": { S: page.slot },
        ":after": { S: after ?? "0" },
        ":until": { S: until },
      },
      Limit,
      ...(page.startKey && { ExclusiveStartKey: page.startKey }),
    }),
  );
  page.entries = Items.flatMap(({ id, due }) =>
    id?.S && due?.S ? [{ id: id.S, due: due.S, slot: page.slot }] : [],
  );
  page.startKey = LastEvaluatedKey;
  page.isLast = LastEvaluatedKey === undefined;
}

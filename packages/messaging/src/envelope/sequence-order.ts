// The order of numbered messages within a FIFO batch: one that was overtaken on its way to the queue runs before
// the one that overtook it.
//
//   G4. Of a group, the numbered messages of a source run by their numbers; everything else keeps its place.
import type { Envelope } from "./envelope.ts";

/** @param placeOf the group of an item and its message; undefined for one that is no message */
export function inSequence<Item>(
  items: readonly Item[],
  placeOf: (item: Item) => { readonly group: string; readonly message: Envelope } | undefined,
): Item[] {
  const ordered = [...items];
  const numbered = items.flatMap((item, index) => {
    const { group, message: { source, sequence = "" } = {} } = placeOf(item) ?? {};
    return sequence === "" ? [] : [{ item, index, sequence, line: JSON.stringify([group, source]) }];
  });
  for (const line of Map.groupBy(numbered, (one) => one.line).values()) {
    const places = line.map(({ index }) => index);
    line.sort((a, b) => (a.sequence < b.sequence ? -1 : Number(a.sequence > b.sequence)));
    for (const [nth, { item }] of line.entries()) ordered[places[nth] ?? 0] = item;
  }
  return ordered;
}

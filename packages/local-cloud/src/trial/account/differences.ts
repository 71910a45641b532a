// Two lists of the same items by two accounts of them, and the items that differ.

export interface Said<Item> {
  readonly by: string;
  readonly items: readonly Item[];
}

/** @param textOf all that counts of an item */
export function differences<Item extends { readonly id: string }>(
  left: Said<Item>,
  right: Said<Item>,
  textOf: (item: Item) => string,
): string[] {
  const texts = ({ items }: Said<Item>) => new Map(items.map((item) => [item.id, textOf(item)]));
  const [lefts, rights] = [texts(left), texts(right)];
  return [...new Set([...lefts.keys(), ...rights.keys()])]
    .filter((id) => lefts.get(id) !== rights.get(id))
    .map((id) => {
      const [one, other] = [lefts.get(id) ?? "nothing", rights.get(id) ?? "nothing"];
      return `${id}: ${left.by} says ${one}, ${right.by} says ${other}`;
    });
}

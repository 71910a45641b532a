// Where in a value something is, said so that no payload is in it.
//
//   S10. The keys of a map may be somebody's name or address: a key is named only where a schema declares it, or where
//   there is none and it is at the top, an attribute of an item or a field of a result, and could be a field's name.

/** A name, or a place in a list, and in what it is. */
export interface Place {
  readonly name: string | number;
  readonly within: Place | undefined;
  readonly depth: number;
}

export function below(within: Place | undefined, name: string | number): Place {
  return { name, within, depth: (within?.depth ?? 0) + 1 };
}

const partsMax = 10;

/**
 * `lines.3.*`: a `*` stands for a key that may be of a map, and nothing is longer than a line.
 * @param declared the keys that the schema declares, when there is one
 */
export function nameOf(at: Place | undefined, declared?: ReadonlySet<string>): string {
  const parts: string[] = [];
  for (let place = at; place !== undefined; place = place.within) parts.unshift(partOf(place, declared));
  return parts.length === 0 ? "the top level" : parts.slice(0, partsMax).join(".");
}

function partOf({ name, depth }: Place, declared: ReadonlySet<string> | undefined): string {
  if (typeof name === "number") return String(name);
  const isKnown = declared === undefined ? depth === 1 : declared.has(name);
  return isKnown ? safeName(name) : "*";
}

export function safeName(name: string): string {
  return /^[A-Za-z_]\w{0,39}$/.test(name) ? name : "*";
}

// Where in a value something is, said so that no payload is in it.
//
//   S10. The keys of a map may be somebody's address: only what could be a field's name is named.

/** A name, and in what it is. */
export interface Place {
  readonly name: string;
  readonly within: Place | undefined;
  readonly depth: number;
}

export function below(within: Place | undefined, name: string): Place {
  return { name, within, depth: (within?.depth ?? 0) + 1 };
}

const partsMax = 10;

/** `lines.3.price`: a `*` stands for what is named like no field, and nothing is longer than a line. */
export function nameOf(at: Place | undefined): string {
  const parts: string[] = [];
  for (let place = at; place !== undefined; place = place.within) parts.unshift(safeName(place.name));
  return parts.length === 0 ? "the top level" : parts.slice(0, partsMax).join(".");
}

export function safeName(name: string): string {
  return /^(?:[A-Za-z_]\w{0,39}|\d{1,5})$/.test(name) ? name : "*";
}

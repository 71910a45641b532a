// Where data fails its schema, said without what the data say (S10). A path may hold keys that a sender chose, those of
// a map: a key is named only when the schema itself declares it, anything else is `*`, and every part has a bound.
//
// A Standard Schema does not say what it declares. What is walked are the plain objects that it is made of: keys are
// declared in `shape` (zod), `entries` (valibot), `properties` (JSON Schema, TypeBox). Of a schema that keeps them elsewhere
// no key is named.
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** How many failing paths are named; the rest are counted. */
const issuesShownMax = 5;
const partsMax = 8;
const keyLengthMax = 60;
/** Objects of a schema that are looked at; those that declare keys are among the first. */
const objectsMax = 5_000;

/** `invalid at lines.0.sku, prices.* and 3 more` */
export function describeIssues(schema: object, issues: readonly StandardSchemaV1.Issue[]): string {
  const declared = declaredKeys(schema);
  const paths = issues.slice(0, issuesShownMax).map((issue) => pathOf(issue, declared));
  const more = issues.length - paths.length;
  return `invalid at ${paths.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function pathOf({ path = [] }: StandardSchemaV1.Issue, declared: ReadonlySet<string>): string {
  if (path.length === 0) return "the top level";
  const parts = path
    .slice(0, partsMax)
    .map((part) => partOf(typeof part === "object" ? part.key : part, declared));
  return `${parts.join(".")}${path.length > partsMax ? ".…" : ""}`;
}

function partOf(key: PropertyKey, declared: ReadonlySet<string>): string {
  const name = String(key);
  const isPlaceInList = typeof key === "number";
  return isPlaceInList || declared.has(name) ? name.slice(0, keyLengthMax) : "*";
}

const known = new WeakMap<object, ReadonlySet<string>>();

export function declaredKeys(schema: object): ReadonlySet<string> {
  const before = known.get(schema);
  if (before) return before;
  const keys = new Set<string>();
  const seen = new Set<object>([schema]);
  for (const node of seen) {
    for (const value of valuesOf(node, keys)) {
      if (seen.size < objectsMax && typeof value === "object" && value !== null) seen.add(value);
    }
  }
  known.set(schema, keys);
  return keys;
}

const declaring = new Set(["shape", "entries", "properties"]);

function valuesOf(node: object, keys: Set<string>): unknown[] {
  return [...new Set([...Object.keys(node), ...declaring])].map((name) => {
    const value = read(node, name);
    if (declaring.has(name) && typeof value === "object" && value !== null) {
      for (const key of Object.keys(value)) keys.add(key);
    }
    return value;
  });
}

/** A getter may be a function of the user's; that of a lazy schema gives the schema. */
function read(node: object, name: string): unknown {
  try {
    return name === "getter" ? Reflect.get(node, name)() : Reflect.get(node, name);
  } catch {
    return undefined;
  }
}

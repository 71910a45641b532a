// Turns values into DynamoDB attributes. Refuses, by attribute name, a value that DynamoDB cannot hold or would silently
// change.
//
//   G6. A message with a value that can never be saved is parked at once, and the reason names the attribute, not the value.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, NumberValueImpl } from "@aws-sdk/util-dynamodb";
import { Park } from "../core/outcome.ts";
import { below, nameOf, type Place, safeName } from "../core/place.ts";
import { hiddenPrefix } from "./item-evidence.ts";
import type { Write } from "./unit-of-work.ts";

export type Attributes = Readonly<Record<string, unknown>>;

/**
 * Attributes by name; one that is undefined is left out.
 * @throws Park VALUE_UNSTORABLE or ATTRIBUTE_RESERVED
 */
export function storable(table: string, attributes: Attributes): Record<string, AttributeValue> {
  for (const [name, value] of Object.entries(attributes)) {
    checkName(table, name);
    const found = unstorableIn(value, below(undefined, name));
    if (found) throw new Park("VALUE_UNSTORABLE", `${table}: ${found.what} at ${nameOf(found.at)}`);
  }
  return marshall(attributes, { removeUndefinedValues: true });
}

/** For writes that a handler made itself. @throws Park ATTRIBUTE_RESERVED */
export function checkWrite({ Put, Update }: Write): void {
  const { TableName: table, Item = {} } = Put ?? {};
  for (const name of Object.keys(Item)) checkName(table, name);
  const { TableName, UpdateExpression = "", ExpressionAttributeNames = {} } = Update ?? {};
  const named = UpdateExpression.match(reserved) ?? [];
  for (const name of [...named, ...Object.values(ExpressionAttributeNames)]) checkName(TableName, name);
}

const reserved = new RegExp(`\\b${hiddenPrefix}\\w*`);

function checkName(table: string | undefined, name: string): void {
  const what = unstorableName(name);
  if (what) throw new Park("VALUE_UNSTORABLE", `${table}: ${what}`);
  if (!name.startsWith(hiddenPrefix)) return;
  throw new Park(
    "ATTRIBUTE_RESERVED",
    `${table}: ${safeName(name)} begins with ${hiddenPrefix}, which is reserved for the kit`,
  );
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const levelsMax = 32;
const digitsMax = 38;
const magnitudeDigitsMax = 126;
const magnitudeMin = 1e-130;

interface Found {
  readonly what: string;
  readonly at: Place;
}

function unstorableIn(value: unknown, at: Place): Found | undefined {
  const what = unstorableKind(value);
  if (what !== undefined) return { what, at };
  if (typeof value !== "object" || value === null || isScalar(value)) return undefined;
  if (at.depth > levelsMax) return { what: `more than ${levelsMax} levels`, at };
  for (const [name, entry] of entriesOf(value)) {
    const place = below(at, name);
    const unnameable = typeof name === "string" && name !== "" && unstorableName(name);
    if (unnameable) return { what: unnameable, at };
    if (entry === undefined && !isMap(value)) return { what: "undefined in a list", at: place };
    const found = unstorableIn(entry, place);
    if (found) return found;
  }
  return undefined;
}

function entriesOf(value: object): Iterable<readonly [name: string | number, entry: unknown]> {
  if (value instanceof Map) return [...value].map(([name, entry]) => [String(name), entry] as const);
  if (value instanceof Set) return [...value].map((entry, index) => [index, entry] as const);
  if (Array.isArray(value)) return Array.from(value, (entry, index) => [index, entry] as const);
  return Object.entries(value);
}

/** A name that an assignment of the SDK's or of a reader makes into something else counts as none. */
function unstorableName(name: string): string | undefined {
  if (name === "") return "an attribute without a name";
  if (!name.isWellFormed()) return "an attribute whose name has a lone surrogate";
  return name === "__proto__" ? "an attribute named __proto__" : undefined;
}

function unstorableKind(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return unstorableNumber(value);
    case "bigint":
      return unstorableInteger(String(value).replace("-", ""));
    case "string":
      return value.isWellFormed() ? undefined : "a string with a lone surrogate";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      return value === null ? undefined : unstorableObject(value);
    default:
      return undefined;
  }
}

function unstorableInteger(digits: string): string | undefined {
  if (digits.length > magnitudeDigitsMax) return "a number beyond 1e126";
  return digits.replace(/0+$/, "").length > digitsMax ? `more than ${digitsMax} digits` : undefined;
}

function unstorableNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return "a number beyond 2^53: use a bigint or a string";
  return value !== 0 && Math.abs(value) < magnitudeMin ? "a number closer to 0 than 1e-130" : undefined;
}

function unstorableObject(value: object): string | undefined {
  if (value instanceof Set) {
    const kinds = new Set([...value].map((entry) => (isBinary(entry) ? "bytes" : typeof entry)));
    if (kinds.size !== 1) return kinds.size === 0 ? "an empty Set" : "a Set of several types";
    return kinds.has("object") || kinds.has("boolean")
      ? "a Set of other values than strings, numbers or bytes"
      : undefined;
  }
  if (value instanceof Map && ![...value.keys()].every((name) => typeof name === "string")) {
    return "a Map whose keys are not strings";
  }
  if (Array.isArray(value) || isMap(value) || isScalar(value)) return undefined;
  return `a ${value.constructor?.name ?? "value"}`;
}

function isMap(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return value instanceof Map || prototype === Object.prototype || prototype === null;
}

/** A number of up to 38 digits, as the SDK has it, or bytes. */
function isScalar(value: object): boolean {
  return value instanceof NumberValueImpl || isBinary(value);
}

/** The SDK's serializer takes no other view of bytes. */
function isBinary(value: unknown): boolean {
  return value instanceof Uint8Array;
}

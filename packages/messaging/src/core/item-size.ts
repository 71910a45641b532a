// How many bytes DynamoDB counts for an item: names and values, with what it adds for lists and maps.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Readonly<Record<string, AttributeValue>>;

/**
 * The size of an item in bytes. Exact but for numbers, where AWS only says "approximately": here never less.
 * ```ts
 * itemBytes({ id: { S: "a" }, tags: { L: [{ S: "tea" }] } }) // 2 + 1 + 4 + 3 + 1 + 3 = 14
 * ```
 */
export function itemBytes(item: Item): number {
  return sum(Object.keys(item), (name) => Buffer.byteLength(name) + valueBytes(item[name] as AttributeValue));
}

/** A list or a map, whatever is in it. */
const containerBytes = 3;
/** Each element of a list or a map. */
const elementBytes = 1;

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS, (text) => Buffer.byteLength(text));
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (bytes) => bytes.byteLength);
  if (value.L !== undefined) {
    return containerBytes + sum(value.L, (element) => elementBytes + valueBytes(element));
  }
  if (value.M !== undefined) {
    return containerBytes + elementBytes * Object.keys(value.M).length + itemBytes(value.M);
  }
  return 1; // true, false and null
}

/**
 * A byte for two significant digits, one for the exponent, one for a sign. A pair may begin at either digit,
 * so an odd place of the point costs half a byte: rounded up here.
 */
function numberBytes(text: string): number {
  const digits = text
    .replace(/e.*/i, "")
    .replace(/\D/g, "")
    .replace(/^0+|0+$/g, "");
  return Math.ceil((digits.length + 1) / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}

function sum<Element>(elements: readonly Element[], bytes: (element: Element) => number): number {
  let total = 0;
  for (const element of elements) total += bytes(element);
  return total;
}

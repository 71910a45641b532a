// A value as JSON carries it, made before it is committed: what JSON would change or leave out without a word is refused.
//
//   G1. What is committed is what its readers get.
//   G11. However deep a value is, and when it holds itself.

import { declaredKeys } from "../core/issue-paths.ts";
import { Park } from "../core/outcome.ts";
import { below, nameOf, type Place } from "../core/place.ts";
import { depthMax } from "./caps.ts";

/**
 * A copy with its keys in order. As in JSON, a key whose value is undefined is not there and what has a `toJSON`, as a Date
 * has, is what that gives.
 * @param code of the Park, and who is to be named before the place
 * @param schema that the value is to be of, if there is one: only keys that it declares are named
 * @throws Park with the place and the kind of the value, and never the value
 */
export function asJson(value: unknown, code: string, whose: string, schema?: object): unknown {
  return copyOf(value);

  function copyOf(given: unknown, at?: Place): unknown {
    const found = jsonOf(given);
    const lost = lostKind(found);
    if (lost !== undefined) throw refused(lost, at);
    if (typeof found !== "object" || found === null) return found === 0 ? 0 : found; // there is no -0
    if ((at?.depth ?? 0) >= depthMax) throw refused(`more than ${depthMax} nested objects and arrays`);
    return Array.isArray(found) ? listOf(found, at) : objectOf(found, at);
  }

  function listOf(list: readonly unknown[], at?: Place): unknown[] {
    return Array.from(list, (entry, index) => {
      const place = below(at, index);
      if (entry === undefined) throw refused("undefined in a list", place);
      return copyOf(entry, place);
    });
  }

  function objectOf(object: object, at?: Place): Record<string, unknown> {
    const names = Object.keys(object);
    if (isOpaque(object, names)) throw refused(`a ${object.constructor?.name ?? "value"}`, at);
    const entries = names.sort().flatMap((name) => {
      const entry: unknown = Reflect.get(object, name);
      return entry === undefined ? [] : [[name, copyOf(entry, below(at, name))] as const];
    });
    return Object.fromEntries(entries); // also a key `__proto__`, which an assignment would lose without a word
  }

  function refused(what: string, at?: Place): Park {
    return new Park(
      code,
      `${whose}: ${what} at ${nameOf(at, schema && declaredKeys(schema))} cannot be held by JSON`,
    );
  }
}

/** What JSON makes null of, leaves out, or throws on. */
function lostKind(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "string":
      return value.isWellFormed() ? undefined : "a string with a lone surrogate";
    case "bigint":
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    default:
      return undefined;
  }
}

/** An invalid Date would be null. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("toJSON" in value)) return value;
  if (value instanceof Date && Number.isNaN(value.getTime())) return Number.NaN;
  return typeof value.toJSON === "function" ? value.toJSON() : value;
}

/** What keeps its contents where JSON does not look: a Map, a Set, bytes, a promise. */
function isOpaque(object: object, names: readonly string[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return false;
  return names.length === 0 || ArrayBuffer.isView(object);
}

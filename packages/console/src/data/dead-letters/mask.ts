// Replaces the secrets of a message's data, and puts them back in an edit.
//
//   Secret is what the schema of its type marks with `writeOnly: true` or `format: "password"`: with zod,
//   `z.string().meta({ writeOnly: true })`. JSON Schema and OpenAPI know both words.
//
//   A mask names its origin, `***/cards/1/pin`, so it follows its entry when a list is edited.
//   S10. It is put back only where the schema marks a secret: an edit cannot move one to a field that is shown.

import { NotRight } from "../source.ts";
import type { JsonSchema } from "./schemas.ts";

export const MASK = "***";

export interface Masked {
  readonly value: unknown;
  /** JSON pointers of what was replaced. */
  readonly masked: readonly string[];
}

const DEPTH_MAX = 64;

export function mask(value: unknown, schema: JsonSchema | undefined): Masked {
  const masked: string[] = [];
  if (schema === undefined) return { value, masked };
  return { value: walk(value, [schema], "", 0), masked };

  function walk(at: unknown, schemas: readonly JsonSchema[], path: string, depth: number): unknown {
    const all = schemas.flatMap((one) => alternatives(one, schema ?? {}, 0));
    if (all.some(isSecret) || depth > DEPTH_MAX) {
      masked.push(path);
      return `${MASK}${path}`;
    }
    if (Array.isArray(at)) {
      return at.map((one, index) => walk(one, itemsOf(all, index), `${path}/${index}`, depth + 1));
    }
    if (typeof at !== "object" || at === null) return at;
    return Object.fromEntries(
      Object.entries(at).map(([name, one]) => [
        name,
        walk(one, propertiesOf(all, name), `${path}/${escaped(name)}`, depth + 1),
      ]),
    );
  }
}

/** With the old value for each mask. @throws NotRight with the places of masks that cannot be put back */
export function unmask(
  value: unknown,
  { old, schema }: { readonly old: unknown; readonly schema: JsonSchema | undefined },
): unknown {
  const origins = new Map(mask(old, schema).masked.map((path) => [`${MASK}${path}`, path]));
  const secrets = new Set(mask(value, schema).masked);
  const refused: { path: string; message: string }[] = [];
  const unmasked = walk(value, "");
  if (refused.length > 0) throw new NotRight("A masked value cannot be put back.", refused);
  return unmasked;

  function walk(at: unknown, path: string): unknown {
    if (typeof at === "string") return textAt(at, path);
    if (Array.isArray(at)) return at.map((one, index) => walk(one, `${path}/${index}`));
    if (typeof at !== "object" || at === null) return at;
    return Object.fromEntries(
      Object.entries(at).map(([name, one]) => [name, walk(one, `${path}/${escaped(name)}`)]),
    );
  }

  function textAt(text: string, path: string): unknown {
    const origin = origins.get(text);
    const isSecret = secrets.has(path);
    if (isSecret && origin !== undefined) return valueAt(old, origin);
    if (isSecret && text.startsWith(MASK)) {
      const message = `${text} names no masked value of this dead letter: write the value itself`;
      refused.push({ path, message });
    } else if (origin !== undefined && valueAt(old, path) !== text) {
      const message = `the masked value of ${origin} can stand only in a field that is masked, too`;
      refused.push({ path, message });
    }
    return text;
  }
}

function valueAt(value: unknown, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce<unknown>((at, name) => own(at, unescaped(name)), value);
}

function own(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function isSecret({ writeOnly, format }: JsonSchema): boolean {
  return writeOnly === true || format === "password";
}

/** Every schema that may describe the value: it is masked if any says so. */
function alternatives(schema: JsonSchema, root: JsonSchema, depth: number): JsonSchema[] {
  if (typeof schema !== "object" || schema === null || depth > DEPTH_MAX) return [];
  const target = typeof schema.$ref === "string" ? referred(root, schema.$ref) : undefined;
  const others = [schema.anyOf, schema.oneOf, schema.allOf, target].flat().filter(Boolean) as JsonSchema[];
  return [schema, ...others.flatMap((one) => alternatives(one, root, depth + 1))];
}

function referred(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith("#")) return undefined;
  return reference
    .slice(1)
    .split("/")
    .filter(Boolean)
    .reduce<unknown>((at, name) => own(at, unescaped(name)), root);
}

function propertiesOf(schemas: readonly JsonSchema[], name: string): JsonSchema[] {
  return schemas.flatMap(({ properties, additionalProperties, patternProperties }) => {
    const found =
      own(properties, name) ?? (isSchema(additionalProperties) ? additionalProperties : undefined);
    return [found, ...Object.values(Object(patternProperties))].filter(isSchema);
  });
}

function itemsOf(schemas: readonly JsonSchema[], index: number): JsonSchema[] {
  return schemas
    .map(({ prefixItems, items }) => (Array.isArray(prefixItems) ? prefixItems[index] : undefined) ?? items)
    .filter(isSchema);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescaped(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

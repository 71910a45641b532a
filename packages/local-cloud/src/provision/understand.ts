// Checks a whole assembly before anything is created: refuses all unknown types and properties at once, with construct path,
// type and property, and names once those that do not matter locally.

import type { Assembly } from "../model/assembly.ts";
import { NotUnderstood } from "../model/not-understood.ts";
import { FAMILIES, isIgnored } from "../resources/families.ts";

/** Returns the ignored types. Throws `NotUnderstood` with every refusal. */
export function understand({ stacks }: Assembly): string[] {
  const ignored = new Set<string>();
  const refusals: string[] = [];
  for (const { name, template, constructPath } of stacks) {
    if (template.Transform) refusals.push(`${name}: template transform ${template.Transform} not supported`);
    for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources ?? {})) {
      if (isIgnored(Type)) ignored.add(Type);
      else refusals.push(...refusalsOf(constructPath(logicalId), Type, Object.keys(Properties)));
    }
  }
  if (refusals.length > 0) {
    throw new NotUnderstood(`The local cloud does not support this app:\n${refusals.map(bullet).join("\n")}`);
  }
  return [...ignored].sort();
}

function refusalsOf(path: string, type: string, properties: readonly string[]): string[] {
  const family = FAMILIES.get(type);
  if (!family) {
    return [`${path}: resource type ${type} not supported (supported: ${[...FAMILIES.keys()].join(", ")})`];
  }
  const understood = Object.keys(family.properties.shape);
  return properties
    .filter((property) => !understood.includes(property) && !family.harmless.includes(property))
    .map(
      (property) =>
        `${path} (${type}): property ${property} not supported ` +
        `(supported: ${understood.join(", ")}; ignored here: ${family.harmless.join(", ") || "none"})`,
    );
}

function bullet(refusal: string): string {
  return `  - ${refusal}`;
}

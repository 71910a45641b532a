// Leaves resources out of a synthesized assembly, for an emulator whose CloudFormation does not know their type.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

interface Resource {
  readonly Type: string;
  DependsOn?: string | string[];
}

interface Template {
  Resources: Record<string, Resource>;
}

/**
 * Removes every resource of these types from the templates of the assembly, and what others say of waiting for it.
 * @returns the logical ids of what was left out
 * @throws UsageError when another resource needs one of them
 */
export function leaveOut(assemblyDirectory: string, types: readonly string[]): string[] {
  const files = readdirSync(assemblyDirectory).filter((name) => name.endsWith(".template.json"));
  return files.flatMap((name) => {
    const file = join(assemblyDirectory, name);
    const template = JSON.parse(readFileSync(file, "utf8")) as Template;
    const ids = Object.keys(template.Resources).filter((id) =>
      types.includes(template.Resources[id]?.Type ?? ""),
    );
    if (ids.length > 0) writeFileSync(file, JSON.stringify(without(template, ids), null, 1));
    return ids;
  });
}

function without(template: Template, ids: readonly string[]): Template {
  const kept = Object.entries(template.Resources)
    .filter(([id]) => !ids.includes(id))
    .map(([id, resource]) => [id, withoutWaiting(resource, ids)] as const);
  const result = { ...template, Resources: Object.fromEntries(kept) };
  const text = JSON.stringify(result);
  const needed = ids.find((id) => text.includes(`{"Ref":"${id}"}`) || text.includes(`"Fn::GetAtt":["${id}"`));
  if (needed) throw new UsageError(`${needed} cannot be left out: other resources of its stack refer to it.`);
  return result;
}

function withoutWaiting(resource: Resource, ids: readonly string[]): Resource {
  const { DependsOn = [], ...rest } = resource;
  const waitsFor = [DependsOn].flat().filter((id) => !ids.includes(id));
  return waitsFor.length > 0 ? { ...rest, DependsOn: waitsFor } : rest;
}

// Leaves resources out of a synthesized assembly, for an emulator whose CloudFormation does not know their type.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../terminal/usage-error.ts";

interface Resource {
  readonly Type: string;
  DependsOn?: string | string[];
}

interface Template {
  Resources: Record<string, Resource>;
}

/**
 * Removes every resource of these types from the templates of the assembly, and each `DependsOn` that names one.
 * @returns the logical ids of what was left out
 * @throws UsageError when another resource needs one of them
 */
export function leaveOut(assemblyDirectory: string, types: readonly string[]): string[] {
  const files = readdirSync(assemblyDirectory);
  const templates = files.filter((name) => name.endsWith(".template.json"));
  return templates.flatMap((name) => {
    const file = join(assemblyDirectory, name);
    const text = readFileSync(file, "utf8");
    const template = JSON.parse(text) as Template;
    const ids = Object.keys(template.Resources).filter((id) =>
      types.includes(template.Resources[id]?.Type ?? ""),
    );
    if (ids.length > 0) {
      const changed = JSON.stringify(without(template, ids), null, 1);
      writeFileSync(file, changed);
      nameAnew(assemblyDirectory, { files, from: hashOf(text), to: hashOf(changed) });
    }
    return ids;
  });
}

/**
 * A template travels as an asset that is named after its bytes, and what is there under a name is not uploaded again:
 * under its old name CloudFormation would get the template of an earlier deployment, which had all the resources.
 */
function nameAnew(
  directory: string,
  { files, from, to }: { readonly files: readonly string[]; readonly from: string; readonly to: string },
): void {
  for (const name of files.filter((name) => name.endsWith(".assets.json") || name === "manifest.json")) {
    const file = join(directory, name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function without(template: Template, ids: readonly string[]): Template {
  const kept = Object.entries(template.Resources)
    .filter(([id]) => !ids.includes(id))
    .map(([id, resource]) => [id, withoutWaiting(resource, ids)] as const);
  const result = { ...template, Resources: Object.fromEntries(kept) };
  const text = JSON.stringify(result);
  const needed = ids.find((id) => text.includes(`{"Ref":"${id}"}`) || text.includes(`"Fn::GetAtt":["${id}"`));
  if (needed)
    throw new UsageError(`${needed} cannot be left out, because other resources of its stack refer to it.`);
  return result;
}

function withoutWaiting(resource: Resource, ids: readonly string[]): Resource {
  const { DependsOn = [], ...rest } = resource;
  const waitsFor = [DependsOn].flat().filter((id) => !ids.includes(id));
  return waitsFor.length > 0 ? { ...rest, DependsOn: waitsFor } : rest;
}

// The resources of all stacks and their references to each other.
//
//   A resource is created when it is first referred to, so that order follows from the references, across stacks
//   too. (`DependsOn` adds nothing: no event source polls before all is there.)

import type { Assembly, AssemblyStack } from "../model/assembly.ts";
import { withReferences } from "../model/dynamic-references.ts";
import { resolve, type Scope } from "../model/intrinsics.ts";
import { templateScope } from "../model/template-scope.ts";
import { FAMILIES } from "../resources/families.ts";
import { type Created, parseProperties, relevant, type Site } from "../resources/family.ts";
import { SsmParameter } from "../resources/ssm-parameter.ts";

export interface ResourceGraph {
  /** Created once, however often it is asked for. */
  resource(stack: AssemblyStack, logicalId: string): Promise<Created>;
  scope(stack: AssemblyStack): Scope;
  /** False for a resource whose condition does not hold. */
  exists(stack: AssemblyStack, logicalId: string): Promise<boolean>;
  /** ARN → construct path, of all that was created. */
  pathsByArn(): ReadonlyMap<string, string>;
}

/** A resource that could not be created; the message opens with its construct path and type. */
export class ResourceFailed extends Error {
  override readonly name = "ResourceFailed";
}

/** A reference to something that exists in AWS only. */
export class NotProvided extends Error {
  override readonly name = "NotProvided";
}

export function resourceGraph(
  assembly: Assembly,
  surroundings: Omit<Site, "path" | "stackName" | "logicalId">,
): ResourceGraph {
  const created = new Map<string, Created>();
  const pathsByArn = new Map<string, string>();
  return {
    resource: (stack, logicalId) => resource(stack, logicalId, []),
    scope: (stack) => scopeOf(stack, []),
    async exists(stack, logicalId) {
      const { Condition } = stack.template.Resources?.[logicalId] ?? {};
      return Condition === undefined || scopeOf(stack, []).condition(Condition);
    },
    pathsByArn: () => pathsByArn,
  };

  /** `trail` is who refers to whom, from the resource that was asked for first. */
  async function resource(
    stack: AssemblyStack,
    logicalId: string,
    trail: readonly string[],
  ): Promise<Created> {
    const key = `${stack.name}/${logicalId}`;
    const known = created.get(key);
    if (known) return known;

    const path = stack.constructPath(logicalId);
    const { Type = "", Properties = {} } = stack.template.Resources?.[logicalId] ?? {};
    const family = FAMILIES.get(Type);
    if (!family) throw new NotProvided(`${path}, ${Type || "no resource"}, is not supported locally`);
    if (trail.includes(path)) throw new Error(`circular reference ${[...trail, path].join(" → ")}`);
    try {
      const here = [...trail, path];
      const resolved = await withReferences(
        await resolve(relevant(family, Properties), scopeOf(stack, here)),
        (name) => ssmParameter(name, here),
      );
      const site = { ...surroundings, path, stackName: stack.name, logicalId };
      const creation = await family.create(parseProperties(family, resolved), site);
      created.set(key, creation);
      keepPath(creation, path);
      return creation;
    } catch (error) {
      if (error instanceof ResourceFailed) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ResourceFailed(`${path} (${Type}): ${reason}`, { cause: error });
    }
  }

  /** Finds the parameter in any stack of this app. Parameters that another app creates do not exist here. */
  async function ssmParameter(name: string, trail: readonly string[]): Promise<string> {
    for (const stack of assembly.stacks) {
      for (const [logicalId, { Type, Properties = {} }] of Object.entries(stack.template.Resources ?? {})) {
        if (Type !== SsmParameter.type || (await resolve(Properties.Name, scopeOf(stack, trail))) !== name)
          continue;
        return (await resource(stack, logicalId, trail)).attributes.Value ?? "";
      }
    }
    throw new Error(
      `no stack of this app defines the parameter ${name} (SSM), and the local cloud has no others`,
    );
  }

  /** The first resource with an ARN keeps it: an event source mapping also has the ARN of its function. */
  function keepPath({ ref, attributes }: Created, path: string): void {
    for (const name of [ref, ...Object.values(attributes)]) {
      if (name.startsWith("arn:") && !pathsByArn.has(name)) pathsByArn.set(name, path);
    }
  }

  function scopeOf(stack: AssemblyStack, trail: readonly string[]): Scope {
    return templateScope(stack, {
      resource: async (logicalId) => (await resource(stack, logicalId, trail)).ref,
      attribute: async (logicalId, attribute) => {
        const { attributes } = await resource(stack, logicalId, trail);
        const value = attributes[attribute];
        if (value !== undefined) return value;
        const path = stack.constructPath(logicalId);
        const known = Object.keys(attributes).join(", ") || "none";
        throw new Error(`${path} has no attribute ${attribute} here; it has: ${known}`);
      },
      ssmParameter: (name) => ssmParameter(name, trail),
      exported: async (exportName) => {
        for (const other of assembly.stacks) {
          for (const { Value, Export } of Object.values(other.template.Outputs ?? {})) {
            const scope = scopeOf(other, trail);
            if (Export && (await resolve(Export.Name, scope)) === exportName) return resolve(Value, scope);
          }
        }
        throw new Error(`no stack of this app exports ${exportName}`);
      },
      output: async (stackName, outputKey) => {
        const other = assembly.stacks.find(({ name }) => name === stackName);
        const output = other?.template.Outputs?.[outputKey];
        if (!other || !output)
          throw new Error(`no stack of this app has the output ${stackName}.${outputKey}`);
        return resolve(output.Value, scopeOf(other, trail));
      },
    });
  }
}

// Step 2 of 3: resolves the names in one template. Pseudo parameters, parameters, conditions and mappings
// are resolved here; the code that creates resources and stacks resolves those.

import type { Template } from "./assembly.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./clients.ts";
import { NO_VALUE, resolve, type Scope } from "./intrinsics.ts";

/** Looks up values from outside the template's own text. */
export interface Surroundings extends Pick<Scope, "attribute" | "exported" | "output"> {
  resource(logicalId: string): Promise<string>;
  /** The value of a parameter of Parameter Store. */
  ssmParameter(name: string): Promise<string>;
}

export function templateScope(
  { name: stackName, template }: { readonly name: string; readonly template: Template },
  surroundings: Surroundings,
): Scope {
  const pseudoParameters: Readonly<Record<string, unknown>> = {
    "AWS::AccountId": LOCAL_ACCOUNT,
    "AWS::NoValue": NO_VALUE,
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::Region": LOCAL_REGION,
    "AWS::StackId": `arn:aws:cloudformation:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stack/${stackName}/local`,
    "AWS::StackName": stackName,
    "AWS::URLSuffix": "amazonaws.com",
  };
  const scope: Scope = {
    ...surroundings,
    ref: async (name) => {
      if (Object.hasOwn(pseudoParameters, name)) return pseudoParameters[name];
      return template.Parameters?.[name] ? parameter(name) : surroundings.resource(name);
    },
    condition: async (name) => {
      const condition = template.Conditions?.[name];
      if (condition === undefined) throw new Error(`condition ${name} is not defined in stack ${stackName}`);
      return Boolean(await resolve(condition, scope));
    },
    mapping: (name, topKey, secondKey) => {
      const value = template.Mappings?.[name]?.[topKey]?.[secondKey];
      if (value === undefined) throw new Error(`mapping ${name}.${topKey}.${secondKey} is not defined`);
      return value;
    },
  };
  return scope;

  async function parameter(name: string): Promise<unknown> {
    const { Type = "", Default } = template.Parameters?.[name] ?? {};
    if (Default === undefined)
      throw new Error(`parameter ${name} has no default, and the local cloud sets none`);
    const isOfSsm = Type.startsWith("AWS::SSM::Parameter::Value<");
    const value = isOfSsm ? await surroundings.ssmParameter(String(Default)) : Default;
    return /^(CommaDelimitedList|.*<List<.*)$/.test(Type) ? String(value).split(",") : value;
  }
}

// Values of a template: plain JSON with intrinsic functions in it → plain JSON.
//
//   The scope resolves references. An unknown intrinsic function is refused by name.

export interface Scope {
  /** A pseudo parameter, a parameter or a resource. */
  ref(name: string): Promise<unknown>;
  attribute(logicalId: string, attribute: string): Promise<unknown>;
  exported(exportName: string): Promise<unknown>;
  output(stackName: string, outputKey: string): Promise<unknown>;
  condition(name: string): Promise<boolean>;
  mapping(name: string, topKey: string, secondKey: string): unknown;
}

/** What `AWS::NoValue` resolves to; the property or the element that holds it vanishes. */
export const NO_VALUE = Symbol("AWS::NoValue");

type Intrinsic = (argument: unknown, scope: Scope) => Promise<unknown>;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: async (name, scope) => scope.ref(text(name, "Ref")),
  Condition: async (name, scope) => scope.condition(text(name, "Condition")),
  "Fn::GetAtt": getAttribute,
  "Fn::Sub": substitute,
  "Fn::If": choose,

  "Fn::Join": async (argument, scope) => {
    const [separator, parts] = await list(argument, scope, "Fn::Join");
    return texts(parts, "Fn::Join").join(text(separator, "Fn::Join"));
  },
  "Fn::Split": async (argument, scope) => {
    const [separator, source] = await list(argument, scope, "Fn::Split");
    return text(source, "Fn::Split").split(text(separator, "Fn::Split"));
  },
  "Fn::Select": async (argument, scope) => {
    const [index, choices] = await list(argument, scope, "Fn::Select");
    const choice = Array.isArray(choices) ? choices[Number(index)] : undefined;
    if (choice === undefined) throw malformed("Fn::Select", [index, choices]);
    return choice;
  },
  "Fn::Base64": async (argument, scope) =>
    Buffer.from(text(await resolve(argument, scope), "Fn::Base64")).toString("base64"),
  "Fn::FindInMap": async (argument, scope) => {
    const [name = "", topKey = "", secondKey = ""] = texts(await resolve(argument, scope), "Fn::FindInMap");
    return scope.mapping(name, topKey, secondKey);
  },
  "Fn::ImportValue": async (argument, scope) =>
    scope.exported(text(await resolve(argument, scope), "Fn::ImportValue")),
  "Fn::GetStackOutput": async (argument, scope) => {
    const { StackName, OutputName } = (await resolve(argument, scope)) as Record<string, unknown>;
    return scope.output(text(StackName, "Fn::GetStackOutput"), text(OutputName, "Fn::GetStackOutput"));
  },

  "Fn::Equals": async (argument, scope) => {
    const [left, right] = await list(argument, scope, "Fn::Equals");
    return JSON.stringify(left) === JSON.stringify(right);
  },
  "Fn::Not": async (argument, scope) => !(await list(argument, scope, "Fn::Not"))[0],
  "Fn::And": async (argument, scope) => (await list(argument, scope, "Fn::And")).every(Boolean),
  "Fn::Or": async (argument, scope) => (await list(argument, scope, "Fn::Or")).some(Boolean),
};

/** Throws for an unknown or malformed intrinsic function, and whatever the scope throws. */
export async function resolve(value: unknown, scope: Scope): Promise<unknown> {
  if (Array.isArray(value)) {
    const elements: unknown[] = [];
    for (const element of value) elements.push(await resolve(element, scope));
    return elements.filter((element) => element !== NO_VALUE);
  }
  if (typeof value !== "object" || value === null) return value;

  const intrinsic = intrinsicOf(value);
  if (intrinsic) return intrinsic.apply(intrinsic.argument, scope);
  const resolved: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberValue = await resolve(member, scope);
    if (memberValue !== NO_VALUE) resolved[key] = memberValue;
  }
  return resolved;
}

function intrinsicOf(value: object): { apply: Intrinsic; argument: unknown } | undefined {
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) return undefined;
  const [name, argument] = entry;
  // `Condition` is also an ordinary key (in policies); as a function it names a condition.
  if (name === "Condition" && typeof argument !== "string") return undefined;
  const apply = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (apply) return { apply, argument };
  if (!name.startsWith("Fn::")) return undefined;
  throw new Error(`${name} is not supported; supported are: ${Object.keys(INTRINSICS).join(", ")}`);
}

async function getAttribute(argument: unknown, scope: Scope): Promise<unknown> {
  const path =
    typeof argument === "string" ? argument.split(".") : texts(await resolve(argument, scope), "Fn::GetAtt");
  const [logicalId, ...attribute] = path;
  if (!logicalId || attribute.length === 0) throw malformed("Fn::GetAtt", argument);
  return scope.attribute(logicalId, attribute.join("."));
}

async function substitute(argument: unknown, scope: Scope): Promise<string> {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const given = (await resolve(variables, scope)) as Record<string, unknown>;
  let result = "";
  let end = 0;
  for (const match of text(template, "Fn::Sub").matchAll(/\$\{(!?)([^}]+)\}/g)) {
    const [whole, literal, name = ""] = match;
    result += match.input.slice(end, match.index);
    result += literal ? `\${${name}}` : text(await substituted(name, given, scope), "Fn::Sub");
    end = match.index + whole.length;
  }
  return result + text(template, "Fn::Sub").slice(end);
}

function substituted(name: string, given: Record<string, unknown>, scope: Scope): unknown {
  if (Object.hasOwn(given, name)) return given[name];
  return name.includes(".") ? getAttribute(name, scope) : scope.ref(name);
}

/** Only the chosen branch is resolved: the other may refer to what does not exist. */
async function choose(argument: unknown, scope: Scope): Promise<unknown> {
  if (!Array.isArray(argument) || argument.length !== 3) throw malformed("Fn::If", argument);
  const [condition, whenTrue, whenFalse] = argument;
  return resolve((await scope.condition(text(condition, "Fn::If"))) ? whenTrue : whenFalse, scope);
}

async function list(argument: unknown, scope: Scope, name: string): Promise<unknown[]> {
  const resolved = await resolve(argument, scope);
  if (!Array.isArray(resolved)) throw malformed(name, argument);
  return resolved;
}

function texts(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw malformed(name, value);
  return value.map((element) => text(element, name));
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw malformed(name, value);
}

function malformed(name: string, argument: unknown): Error {
  return new Error(`${name} cannot be applied to ${JSON.stringify(argument)}`);
}

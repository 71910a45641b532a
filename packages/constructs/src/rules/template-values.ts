// Intrinsic functions → values that a rule can compare. A reference to a resource, of this stack or of another one,
// becomes the same token on every path (Ref, export, parameter). A value that only CloudFormation can know stays the
// object it was, and no rule accepts that as a proof.

/** Parameters, resources, exports and outputs that a value may refer to. */
export interface ValueScope {
  readonly stack: string;
  /** A pseudo parameter or the default of a parameter; undefined when it is neither. */
  parameter(name: string): unknown;
  hasResource(logicalId: string): boolean;
  exported(exportName: string): unknown;
  output(stackName: string, outputKey: string): unknown;
}

export const noValue = Symbol("AWS::NoValue");

/** `‹Orders|Table›` for a Ref, `‹Orders|Table|Arn›` for an attribute. */
export function resourceToken(stack: string, logicalId: string, attribute?: string): string {
  return `‹${[stack, logicalId, ...(attribute === undefined ? [] : [attribute])].join("|")}›`;
}

/** The token that a text consists of. */
export function asResourceToken(
  value: unknown,
): { readonly stack: string; readonly logicalId: string } | undefined {
  if (typeof value !== "string") return undefined;
  const [, stack, logicalId] = /^‹([^|›]+)\|([^|›]+)(?:\|[^›]+)?›$/.exec(value) ?? [];
  return stack === undefined || logicalId === undefined ? undefined : { stack, logicalId };
}

export function resolveValue(value: unknown, scope: ValueScope): unknown {
  if (Array.isArray(value))
    return value.map((element) => resolveValue(element, scope)).filter((element) => element !== noValue);
  if (typeof value !== "object" || value === null) return value;
  const [entry, ...others] = Object.entries(value);
  if (entry !== undefined && others.length === 0) {
    const [name, argument] = entry;
    const intrinsic = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
    if (intrinsic !== undefined) return intrinsic(argument, scope) ?? value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, resolveValue(member, scope)])
      .filter(([, member]) => member !== noValue),
  );
}

/** Undefined when the template does not say what it is. */
type Intrinsic = (argument: unknown, scope: ValueScope) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, scope) => referred(String(name), scope),
  "Fn::GetAtt": (argument, { stack }) => {
    const path = Array.isArray(argument) ? argument : String(argument).split(".");
    const [logicalId, ...attribute] = path.map(String);
    return resourceToken(stack, logicalId ?? "", attribute.join("."));
  },
  "Fn::Join": (argument, scope) => {
    const [separator, parts] = resolveValue(argument, scope) as [unknown, unknown];
    return Array.isArray(parts) && parts.every(isText) ? parts.join(String(separator)) : undefined;
  },
  "Fn::Split": (argument, scope) => {
    const [separator, text] = resolveValue(argument, scope) as [unknown, unknown];
    return isText(text) ? String(text).split(String(separator)) : undefined;
  },
  "Fn::Select": (argument, scope) => {
    const [index, choices] = resolveValue(argument, scope) as [unknown, unknown];
    return Array.isArray(choices) ? choices[Number(index)] : undefined;
  },
  "Fn::Sub": (argument, scope) => {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const given = resolveValue(variables, scope) as Record<string, unknown>;
    const parts = String(text).split(/(\$\{[^}]+\})/);
    const values = parts.map((part) =>
      part.startsWith("${") ? substituted(part.slice(2, -1), given, scope) : part,
    );
    return values.every(isText) ? values.join("") : undefined;
  },
  "Fn::ImportValue": (argument, scope) => scope.exported(String(resolveValue(argument, scope))),
  "Fn::GetStackOutput": (argument, scope) => {
    const { StackName, OutputName } = resolveValue(argument, scope) as Record<string, unknown>;
    return scope.output(String(StackName), String(OutputName));
  },
};

function referred(name: string, scope: ValueScope): unknown {
  if (name === "AWS::NoValue") return noValue;
  return scope.hasResource(name) ? resourceToken(scope.stack, name) : scope.parameter(name);
}

function substituted(name: string, given: Readonly<Record<string, unknown>>, scope: ValueScope): unknown {
  if (name.startsWith("!")) return `\${${name.slice(1)}}`;
  if (Object.hasOwn(given, name)) return given[name];
  return name.includes(".") ? intrinsics["Fn::GetAtt"]?.(name, scope) : referred(name, scope);
}

function isText(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

// A JSON schema as far as a form needs it. What it does not know is edited as JSON: no value is out of reach.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type Kind = "object" | "list" | "text" | "number" | "flag" | "choice" | "json";

export interface Shape {
  readonly kind: Kind;
  readonly schema: Schema;
  readonly nullable: boolean;
}

const REFS_MAX = 20;

export function shapeOf(given: Schema | undefined, root: Schema): Shape {
  const { schema, nullable } = withoutNull(resolved(given ?? {}, root), root);
  return { kind: kindOf(schema), schema, nullable };
}

/** A value to begin with, for a property or an entry that is added. */
export function emptyOf(given: Schema | undefined, root: Schema): unknown {
  const { kind, schema } = shapeOf(given, root);
  switch (kind) {
    case "object": {
      const needed = schema.required ?? [];
      return Object.fromEntries(needed.map((name) => [name, emptyOf(schema.properties?.[name], root)]));
    }
    case "list":
      return [];
    case "number":
      return schema.minimum ?? 0;
    case "flag":
      return false;
    case "choice":
      return schema.const ?? schema.enum?.[0];
    case "text":
      return "";
    default:
      return null;
  }
}

/** `from 1 to 100`, `at most 40 characters`, `date-time`: beside the field. */
export function limitsOf(schema: Schema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, format, pattern } =
    schema;
  const whole = schema.type === "integer" ? "a whole number" : "";
  const isLimit = (limit: number | undefined) =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const parts = [
    whole,
    isLimit(minimum) && `at least ${minimum?.toLocaleString("en")}`,
    isLimit(exclusiveMinimum) && `more than ${exclusiveMinimum}`,
    isLimit(maximum) && `at most ${maximum?.toLocaleString("en")}`,
    isLimit(exclusiveMaximum) && `less than ${exclusiveMaximum}`,
    minLength === 1 ? "not empty" : minLength && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    format,
    pattern && !format && `like ${pattern.slice(0, 60)}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function kindOf({ type, properties, enum: choices, const: only, anyOf, oneOf, allOf }: Schema): Kind {
  if (choices || only !== undefined) return "choice";
  if (anyOf || oneOf || allOf) return "json";
  switch (type) {
    case "object":
      return properties ? "object" : "json";
    case "array":
      return "list";
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "flag";
    default:
      return "json";
  }
}

function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let count = 0; found.$ref !== undefined && count < REFS_MAX; count++) {
    const name = /^#\/\$defs\/(.+)$/.exec(found.$ref)?.[1] ?? "";
    found = found.$ref === "#" ? root : (root.$defs?.[name] ?? {});
  }
  return found;
}

/** `{ anyOf: [X, null] }` and `{ type: [X, "null"] }` are X, or nothing. */
function withoutNull(schema: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  const { anyOf, type } = schema;
  if (Array.isArray(type)) {
    const others = type.filter((one) => one !== "null");
    return {
      schema: { ...schema, type: others.length === 1 ? others[0] : others },
      nullable: others.length < type.length,
    };
  }
  const others = anyOf?.filter((one) => one.type !== "null");
  if (!anyOf || others?.length !== 1 || !others[0]) return { schema, nullable: false };
  return { schema: resolved(others[0], root), nullable: true };
}

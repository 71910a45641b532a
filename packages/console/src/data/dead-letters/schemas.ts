// The JSON Schema of a message type, from its contract in this directory.
//
//   https://standardschema.dev/json-schema: a schema that can describe itself does, as zod's do. Those of zod/mini are
//   described by zod.

import type { MessageType } from "@essentially-once/messaging/message-type";
import type { KnownContract } from "@essentially-once/operator/internal/connect/contracts";
import * as z from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** The type's declaration in a contract, by any of the names that it has had. */
export function typeIn(
  contract: KnownContract | undefined,
  type: string | undefined,
): MessageType | undefined {
  return contract?.accepts.find(({ types }) => type !== undefined && types.includes(type));
}

/** Undefined for a schema that cannot describe itself. */
export function jsonSchemaOf({ schema }: Pick<MessageType, "schema">): JsonSchema | undefined {
  const standard = Object(schema["~standard"]) as {
    jsonSchema?: { input(options: { target: string }): JsonSchema };
  };
  try {
    if (standard.jsonSchema) return standard.jsonSchema.input({ target: "draft-2020-12" });
    return "_zod" in schema ? z.toJSONSchema(schema as z.core.$ZodType, { io: "input" }) : undefined;
  } catch {
    return undefined; // a type that JSON Schema has no words for
  }
}

/** The smallest value that shows the form and can be sent: each field that is required, with a value of its kind. */
export function exampleOf(schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return {};
  const { type, properties, required, items, examples, default: otherwise, const: constant, format } = schema;
  if (constant !== undefined) return constant;
  if (otherwise !== undefined) return otherwise;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [first] = [schema.anyOf, schema.oneOf].flat().filter((one) => typeof one === "object");
  if (first) return exampleOf(first as JsonSchema);
  switch (type) {
    case "object": {
      const wanted = Array.isArray(required) ? required : Object.keys(Object(properties));
      return Object.fromEntries(wanted.map((name) => [name, exampleOf(Object(properties)[name])]));
    }
    case "array":
      return [exampleOf(items as JsonSchema)];
    case "integer":
    case "number":
      return (
        schema.minimum ?? (typeof schema.exclusiveMinimum === "number" ? schema.exclusiveMinimum + 1 : 1)
      );
    case "boolean":
      return false;
    case "string":
      return format === "date-time" ? "2026-01-01T00:00:00Z" : "x".repeat(Number(schema.minLength ?? 0));
    default:
      return null;
  }
}

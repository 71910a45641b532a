// A kind of message: its CloudEvents type, the schema of its data, and the key whose order matters.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Park } from "./outcome.ts";

export interface MessageType<Type extends string = string, Data = unknown> {
  /** CloudEvents `type`, with the version last: `orders.order-placed.v1`. */
  readonly type: Type;
  /** A message of this type, to be published by a unit of work. */
  from(data: Data): Draft;
  /** The data as the schema gives it back. Parks DATA_INVALID, naming the paths that failed and no value. */
  parse(data: unknown): Promise<Data>;
}

/** A message that has no id yet: the unit of work that publishes it derives one. */
export interface Draft {
  readonly type: string;
  readonly data: unknown;
  readonly partitionkey: string;
}

export interface MessageTypeOptions<Type extends string, Data> {
  readonly type: Type;
  /** Any Standard Schema: zod, valibot, arktype … */
  readonly schema: StandardSchemaV1<unknown, Data>;
  /** Messages of one key belong together: the order id, the account id. */
  readonly key: (data: Data) => string;
}

/**
 * Declares a type of message.
 * ```ts
 * export const OrderPlaced = messageType({
 *   type: "orders.order-placed.v1",
 *   schema: z.strictObject({ orderId: z.string() }),
 *   key: (order) => order.orderId,
 * });
 * ```
 */
export function messageType<const Type extends string, Data>(
  options: MessageTypeOptions<Type, Data>,
): MessageType<Type, Data> {
  const { type, schema, key } = options;
  return {
    type,
    from(data) {
      return { type, data, partitionkey: key(data) };
    },
    async parse(data) {
      const result = await schema["~standard"].validate(data);
      if (result.issues) throw new Park("DATA_INVALID", `${type}: ${describe(result.issues)}`);
      return result.value;
    },
  };
}

/** How many failing paths are named; the rest are counted. */
const issuesShownMax = 5;

function describe(issues: readonly StandardSchemaV1.Issue[]): string {
  const paths = issues.slice(0, issuesShownMax).map(pathOf);
  const more = issues.length - paths.length;
  return `invalid at ${paths.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  return path.length > 0 ? path.join(".") : "the top level";
}

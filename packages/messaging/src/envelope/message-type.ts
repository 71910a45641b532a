// A kind of message: its CloudEvents type, the schema of its data, and the key whose order matters. Its older
// versions are lifted to the current one, so that a handler knows one version and a queue may hold several.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describeIssues } from "../core/issue-paths.ts";
import { Park } from "../core/outcome.ts";
import { asJson } from "./json-value.ts";
import { liftsTo, type Upcasts } from "./upcasts.ts";

export interface MessageType<Type extends string = string, Data = unknown> {
  /** CloudEvents `type`, with the version last: `orders.order-placed.v1`. What is published, what a handler sees. */
  readonly type: Type;
  /** This type and the older versions that `parse` understands: what a consumer of it must be subscribed to. */
  readonly types: readonly [Type, ...string[]];
  /** Of the current version's data: for forms and editors. */
  readonly schema: StandardSchemaV1<unknown, Data>;
  /** A message of this type, to be published by a unit of work. */
  from(data: Data): Draft<Type>;
  /**
   * The data as the schema gives it back, lifted first when it came as one of the older `types`. Parks
   * DATA_INVALID, naming the paths that failed and no value.
   */
  parse(data: unknown, type?: string): Promise<Data>;
  /**
   * A draft as its readers will have it: the data as JSON, which the schema takes, and the key of what it gives. At once,
   * when the schema answers at once.
   * @throws Park PUBLISH_INVALID, naming the type and the places, and no value
   */
  outgoing(draft: Draft): Draft | Promise<Draft>;
}

/** A message that has no id yet: the unit of work that publishes it derives one. */
export interface Draft<Type extends string = string> {
  readonly type: Type;
  readonly data: unknown;
  readonly partitionkey: string;
}

export interface MessageTypeOptions<Type extends string, Data, Older> {
  readonly type: Type;
  /** Any Standard Schema: zod, valibot, arktype … */
  readonly schema: StandardSchemaV1<unknown, Data>;
  /** Messages of one key belong together: the order id, the account id. */
  readonly key: (data: Data) => string;
  /** Each older version that may still be in a queue or the outbox: its schema, and a step to the next version. */
  readonly upcasts?: Upcasts<Older>;
}

/**
 * Declares a type of message.
 * ```ts
 * export const OrderPlaced = messageType({
 *   type: "orders.order-placed.v2",
 *   schema: z.strictObject({ orderId: z.string(), currency: z.string() }),
 *   key: (order) => order.orderId,
 *   upcasts: {
 *     v1: {
 *       schema: z.strictObject({ orderId: z.string() }),
 *       lift: (order) => ({ ...order, currency: "EUR" }),
 *     },
 *   },
 * });
 * ```
 * @throws Error when `upcasts` has a gap, or a version that is not older than `type`
 */
export function messageType<const Type extends string, Data, Older = unknown>(
  options: MessageTypeOptions<Type, Data, Older>,
): MessageType<Type, Data> {
  const { type, schema, key } = options;
  const lifts = liftsTo(type, options.upcasts);
  return {
    type,
    types: [type, ...lifts.keys()],
    schema,
    from(data) {
      const draft = { type, data, partitionkey: keyOf(data) };
      checks.set(draft, outgoing);
      return draft;
    },
    outgoing,
    async parse(data, from = type) {
      let value = data;
      let version = from;
      // A number that only grows up to the current version's: the loop ends (G11).
      for (let lift = lifts.get(version); lift !== undefined; lift = lifts.get(version)) {
        value = lift.lift(await validated(version, lift.schema, value));
        version = lift.to;
      }
      return validated(type, schema, value);
    },
  };

  function outgoing(draft: Draft): Draft | Promise<Draft> {
    const data = asJson(draft.data, "PUBLISH_INVALID", type, schema);
    const result = schema["~standard"].validate(data);
    return result instanceof Promise ? result.then(ready) : ready(result);

    function ready(result: StandardSchemaV1.Result<Data>): Draft {
      if (result.issues)
        throw new Park("PUBLISH_INVALID", `${type}: ${describeIssues(schema, result.issues)}`);
      const isOwn = draft.partitionkey === keyOf(draft.data as Data);
      return { type: draft.type, data, partitionkey: isOwn ? keyOf(result.value) : draft.partitionkey };
    }
  }

  function keyOf(data: Data): string {
    try {
      return key(data);
    } catch (cause) {
      throw new Park("PUBLISH_INVALID", `${type}: this data has no key`, { cause });
    }
  }
}

/** Of drafts that a type made: the check of their data. */
const checks = new WeakMap<Draft, MessageType["outgoing"]>();

/** The same for a draft whose type is not known here. @throws Park PUBLISH_INVALID */
export function outgoing(draft: Draft): Draft | Promise<Draft> {
  return checks.get(draft)?.(draft) ?? { ...draft, data: asJson(draft.data, "PUBLISH_INVALID", draft.type) };
}

/** @throws Park DATA_INVALID */
async function validated<Data>(
  type: string,
  schema: StandardSchemaV1<unknown, Data>,
  data: unknown,
): Promise<Data> {
  const result = await schema["~standard"].validate(data);
  if (result.issues) throw new Park("DATA_INVALID", `${type}: ${describeIssues(schema, result.issues)}`);
  return result.value;
}

// Events that a rule of EventBridge delivers to a queue.
//
//   G2. EventBridge delivers at least once, each time with the id that it gave the event when it was put. An event that
//   its producer puts twice has two: then the id to point at is in the detail.
//
//   https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html

import { Park } from "../core/outcome.ts";
import { parseExact } from "../envelope/caps.ts";
import { type Form, type From, idAt, isObject, keyAt, made, originOf, type Place } from "./origin.ts";

export interface EventBridgeOptions {
  /** Which type each `detail-type` is: `{ "Order Placed": OrderPlaced }`. */
  readonly types: Readonly<Record<string, { readonly type: string }>>;
  /** Where the id is in the detail; unless given, the id that EventBridge gave the event. */
  readonly id?: Place;
  /** Where the key is in the detail whose order matters; unless given, the id. */
  readonly key?: Place;
}

/**
 * The `detail` is the data.
 * ```ts
 * contract({ name: "bill-order", accepts: [OrderPlaced], from: eventBridge({ types: { "Order Placed": OrderPlaced } }) })
 * ```
 */
export function eventBridge({ types: given, id, key }: EventBridgeOptions): From {
  const types = Object.fromEntries(Object.entries(given).map(([detailType, { type }]) => [detailType, type]));
  return function eventBridgeOf({ name, accepts }) {
    const stray = Object.values(types).find(
      (type) => !accepts.some((accepted) => accepted.types.includes(type)),
    );
    if (stray !== undefined)
      throw new Error(`contract ${name} maps events to ${stray}, which it does not accept`);
    for (const place of [id, key]) {
      if (place && !("field" in place))
        throw new Error("an EventBridge event has only the fields of its detail");
    }
    const form: Form = { form: "event-bridge", types, id, key };
    return originOf(form, undefined, (arrived) => {
      const event = parseExact(arrived.body);
      const { detail, "detail-type": detailType, ...told } = isObject(event) ? event : {};
      if (typeof detailType !== "string" || typeof told.source !== "string" || typeof told.id !== "string") {
        throw new Park(
          "FORM_INVALID",
          "the body is not an EventBridge event: does the rule transform its input?",
        );
      }
      const type = Object.hasOwn(types, detailType) ? types[detailType] : undefined;
      if (type === undefined) {
        throw new Park(
          "TYPE_UNKNOWN",
          `this consumer accepts the detail types ${Object.keys(types).join(", ")}`,
        );
      }
      return made(
        {
          id: id ? idAt(id, arrived, detail) : told.id,
          source: told.source,
          type,
          time: told.time,
          partitionkey: keyAt(key, arrived, detail),
          data: detail,
        },
        arrived,
      );
    });
  };
}

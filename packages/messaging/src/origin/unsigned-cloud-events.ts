// CloudEvents that others send past the relay, so nobody signs them.
import { readEnvelope } from "../envelope/envelope.ts";
import { type From, originOf } from "./origin.ts";

/**
 * ```ts
 * contract({ name: "count-order-views", accepts: [OrderViewed], from: cloudEvents() })
 * ```
 */
export function cloudEvents(): From {
  return () =>
    originOf({ form: "cloud-events" }, undefined, ({ body, sentMs }) => readEnvelope(body, { sentMs }));
}

// Messages that are JSON and nothing more, of a program that knows no CloudEvents.
import { parseExact } from "../envelope/caps.ts";
import { type From, idAt, keyAt, made, onlyType, origin, type Place } from "./origin.ts";

export interface RawJsonOptions {
  /** Where the id is: the same for each copy of a message, and another for each other message. */
  readonly id: Place;
  /** Where the key is whose order matters; unless given, the message group of the sender, else the id. */
  readonly key?: Place;
}

/**
 * The whole body is the data.
 * ```ts
 * contract({ name: "import-order", accepts: [LegacyOrder], from: rawJson({ id: field("orderId") }) })
 * ```
 */
export function rawJson({ id, key }: RawJsonOptions): From {
  return function rawJsonOf(bound) {
    const type = onlyType("raw JSON", bound);
    const source = `/${bound.name}/raw-json`; // ids of two queues are not each other's
    return origin({ form: "raw-json", type, id, key }, bound, (arrived) => {
      const data = parseExact(arrived.body);
      const partitionkey = keyAt(key, arrived, data);
      return made({ id: idAt(id, arrived, data), source, type, partitionkey, data }, arrived);
    });
  };
}

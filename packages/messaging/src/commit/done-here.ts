// Messages that this process knows as processed: a duplicate of one is absorbed without a request.
//
//   G2. Only a confirmed commit, or evidence that was read, makes an entry; a duplicate has the same id and the same data.
//   G11. The last thousand messages, some 200 KB.
import { type Digest, digestOf, saysTheSame } from "../envelope/digest.ts";
import type { Delivery } from "./delivery.ts";

export interface DoneHere {
  has(delivery: Delivery): boolean;
  add(delivery: Delivery): void;
}

const messagesMax = 1_000;

/** Of queues: an endpoint's caller gets the receipt, which the evidence has. */
export function doneHere(): DoneHere {
  const done = new Map<string, Digest>();
  return {
    has(delivery) {
      const said = delivery.sqsMessage && done.get(nameOf(delivery));
      return said ? saysTheSame(said, digestOf(delivery.message)) : false;
    },
    add(delivery) {
      if (delivery.sqsMessage === undefined) return;
      done.set(nameOf(delivery), digestOf(delivery.message));
      const [oldest] = done.keys();
      if (done.size > messagesMax && oldest !== undefined) done.delete(oldest);
    },
  };
}

function nameOf({ consumer, message: { id, source } }: Delivery): string {
  return `${consumer} ${id.length} ${id}${source}`; // an id may have any character
}

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

interface Done {
  readonly consumer: string;
  readonly source: string;
  readonly said: Digest;
}

/** Of queues: an endpoint's caller gets the receipt, which the evidence has. */
export function doneHere(): DoneHere {
  const done = new Map<string, Done>(); // by the id alone: of two sources with one id, the last
  return {
    has({ consumer, message, sqsMessage }) {
      const known = sqsMessage && done.get(message.id);
      if (known?.consumer !== consumer || known.source !== message.source) return false;
      return saysTheSame(known.said, digestOf(message));
    },
    add({ consumer, message, sqsMessage }) {
      if (sqsMessage === undefined) return;
      done.set(message.id, { consumer, source: message.source, said: digestOf(message) });
      if (done.size > messagesMax) dropOldest(done);
    },
  };
}

export function dropOldest(entries: Map<string, unknown>): void {
  const { value } = entries.keys().next();
  if (value !== undefined) entries.delete(value);
}

// Data that is too large to travel goes by S3, and the message carries a reference: on the way out before the
// commit, on the way in before the schema. A handler sees neither.
//
//   G1. The object is written before the message is committed, so every reader of the message finds its data. When the
//   commit fails, no message refers to the object, and it expires.
//   G2. The names of message and object are derived from their content, so a repeated run makes the same two.
//   G11. The data that stays in the messages of a unit of work fits the item that carries them.

import { atOnce, requestsAtOnce } from "../core/at-once.ts";
import { wholeNumber } from "../core/whole-number.ts";
import { claimBytesMax, parseExact } from "../envelope/caps.ts";
import { asciiJson, type Envelope } from "../envelope/envelope.ts";
import { type ClaimStoreOptions, claimStore } from "./claim-store.ts";
import type { MessageMiddleware } from "./delivery.ts";
import { itemBytesMax, largestItemBytes } from "./limits.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

export interface ClaimCheckOptions extends ClaimStoreOptions {
  /**
   * A message whose data has more bytes than this goes by S3. Lower is cheaper, higher is faster: an outbox row
   * and a journal entry cost more than an object from about 4 KB on, and an object costs a request's time. Below
   * 64 KB a message is one request to SQS, with all that goes beside it. From 0 to 262,144.
   */
  readonly thresholdBytes?: number;
}

const thresholdBytesDefault = 32_768;
const thresholdBytesMax = 262_144;
/** Room in the carrying item for its key, evidence and attribute names. */
const itemReserveBytes = 8_192;
/** About what a reference takes; putting less than this away makes a message longer. */
const referenceBytes = 256;

/**
 * Lets large data of messages go by S3, both ways. Inside `idempotency`, whose commit needs the references:
 * ```ts
 * consumer(shipOrder)
 *   .use(idempotency({ evidence: rows() }))
 *   .use(claimCheck())
 * ```
 * @throws Error naming the option that is out of range, or the bucket's variable when it is not set
 */
export function claimCheck(options: ClaimCheckOptions = {}): MessageMiddleware {
  const { thresholdBytes = thresholdBytesDefault } = options;
  wholeNumber("thresholdBytes", thresholdBytes, { min: 0, max: thresholdBytesMax });
  const store = claimStore(options);
  return {
    async before(request) {
      const { message } = request.event;
      if (message.dataref === undefined || message.data !== undefined) return;
      const data = parseExact(await store.get(message.dataref), claimBytesMax);
      request.event = { ...request.event, message: { ...message, data } };
    },

    async after({ event: { unit } }) {
      const large = tooLargeToTravel(unit, thresholdBytes);
      await atOnce(large, requestsAtOnce, checkIn);

      async function checkIn({ position, message, json }: Outgoing): Promise<void> {
        unit.replace(position, { ...message, dataref: await store.put(json), data: undefined });
      }
    },
  };
}

interface Outgoing {
  readonly position: number;
  readonly message: Envelope;
  readonly json: string;
}

/** What is above the threshold, and the largest of the rest until the rest fits one item. */
function tooLargeToTravel(unit: UnitOfWork, thresholdBytes: number): Outgoing[] {
  const all = unit.messages.map((message, position) => ({
    position,
    message,
    json: message.data === undefined ? "" : asciiJson(message.data),
  }));
  // `inline` carries the messages in the item that the handler writes.
  let bytesLeft = itemBytesMax - itemReserveBytes - largestItemBytes(unit.writes);
  for (const { message, json } of all) bytesLeft -= json.length + envelopeBytes(message);
  return all
    .toSorted((a, b) => b.json.length - a.json.length)
    .filter(({ json }) => {
      const isLarge = json.length > thresholdBytes || (bytesLeft < 0 && json.length > referenceBytes);
      if (isLarge) bytesLeft += json.length - referenceBytes;
      return isLarge;
    });
}

/** All of it but the data, and what a list adds for an element. */
function envelopeBytes(message: Envelope): number {
  return asciiJson({ ...message, data: 0 }).length + 1;
}

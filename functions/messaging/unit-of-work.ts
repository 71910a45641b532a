// What one message wants to commit: state writes and outgoing messages. The handler only collects;
// the evidence store commits all of it at once (G1, G2).
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { checkCaps } from "./caps.ts";
import { nowIso } from "./clock.ts";
import type { Envelope } from "./envelope.ts";
import { derivedId } from "./ids.ts";
import type { Draft } from "./message-type.ts";

/** One conditional write of a transaction, made by a table and performed by the commit. */
export type Write = TransactWriteItem;

/** The message or request that work is done for; what it causes is named after it. */
export interface Cause {
  readonly source: string;
  readonly id: string;
  readonly correlationid: string;
  readonly traceparent?: string;
  readonly hops: number;
}

export interface UnitOfWork {
  /** Adds state writes. At most one write an item (a rule of DynamoDB transactions). */
  write(...writes: readonly Write[]): void;
  /**
   * Adds outgoing messages, in the order in which they are to be sent.
   * @throws Park TOO_DEEP, TOO_MANY_KEYS, ARRAY_TOO_LONG or KEY_FORBIDDEN for what no consumer would take
   */
  publish(...drafts: readonly Draft[]): void;
  readonly writes: readonly Write[];
  readonly messages: readonly Envelope[];
}

/**
 * An empty unit of work.
 * @param producer the name of the function that does the work: the `source` of what it publishes
 */
export function unitOfWork({ producer, cause }: { producer: string; cause: Cause }): UnitOfWork {
  const writes: Write[] = [];
  const messages: Envelope[] = [];
  return {
    writes,
    messages,
    write(...added) {
      writes.push(...added);
    },
    publish(...drafts) {
      for (const draft of drafts) {
        const message = caused(draft, messages.length);
        checkCaps(message); // before the commit: after it, nobody could read the message (S3)
        messages.push(message);
      }
    },
  };

  function caused(draft: Draft, position: number): Envelope {
    return {
      specversion: "1.0",
      id: derivedId(cause.source, cause.id, producer, position),
      source: `/${producer}`,
      type: draft.type,
      time: nowIso(),
      datacontenttype: "application/json",
      partitionkey: draft.partitionkey,
      correlationid: cause.correlationid,
      causationid: cause.id,
      ...(cause.traceparent === undefined ? {} : { traceparent: cause.traceparent }),
      hops: cause.hops + 1,
      data: draft.data,
    };
  }
}

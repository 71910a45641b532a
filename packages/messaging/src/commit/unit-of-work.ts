// The unit of work of one message: its state writes and outgoing messages. The handler only collects them; the evidence
// store commits all of them at once (G1, G2).
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { nowIso } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { type Contract, requirePublished } from "../envelope/contract.ts";
import { checkOutgoing, type Envelope } from "../envelope/envelope.ts";
import { asJson } from "../envelope/json-value.ts";
import type { Draft } from "../envelope/message-type.ts";
import { sequenceText } from "../envelope/sequence.ts";
import { childTraceparent } from "../observe/trace.ts";
import { requireFreeKeys } from "./reserved-keys.ts";
import { checkWrite } from "./storable.ts";

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

export interface PublishOptions {
  /**
   * The message's number among those of this producer and its key, from 1 and without a gap, for consumers whose
   * evidence is `inline({ by: "sequence" })`. An item whose every save publishes one message numbers them by the
   * version that it is saved as: `{ sequence: order.version + 1 }`.
   */
  readonly sequence: number;
}

export type Published<Types extends string = string> =
  | readonly Draft<Types>[]
  | readonly [Draft<Types>, PublishOptions];

/** @typeParam Types the types of message that its contract publishes */
export interface UnitOfWork<Types extends string = string> {
  /**
   * Adds state writes. At most one write an item (a rule of DynamoDB transactions).
   * @throws Park KEY_RESERVED for an item that is the kit's, ATTRIBUTE_RESERVED for an attribute that begins with the kit's own
   *   prefix: it would not be shown
   */
  write(...writes: readonly Write[]): void;
  /**
   * Adds outgoing messages, in the order in which they are to be sent; or one, with its number.
   * @throws Park PUBLISH_INVALID for data that their own schema would not take from JSON, and a number that is none; TOO_DEEP, TOO_MANY_KEYS, ARRAY_TOO_LONG, KEY_FORBIDDEN or, for an empty or overlong key,
   *   ENVELOPE_INVALID: what no consumer would take; TYPE_NOT_PUBLISHED for a type that the contract does not name
   */
  publish(...drafts: Published<Types>): void;
  /**
   * For those who commit: when the schemas that do not answer at once have taken what was published; undefined when all
   * have. @throws Park PUBLISH_INVALID
   */
  checked(): Promise<unknown> | undefined;
  /** For middlewares: puts another form of an outgoing message in its place, of the same identity. */
  replace(position: number, message: Envelope): void;
  readonly writes: readonly Write[];
  readonly messages: readonly Envelope[];
  /** Whose it is, and what for. */
  readonly of: UnitOf;
}

export interface UnitOf {
  readonly contract: Pick<Contract, "name" | "publishes" | "schedules">;
  readonly cause: Cause;
}

/** @throws Park PUBLISH_INVALID: the same message would be numbered so again */
function numbered({ sequence }: PublishOptions): string {
  try {
    return sequenceText(sequence);
  } catch (error) {
    throw new Park("PUBLISH_INVALID", (error as Error).message);
  }
}

/** An empty unit of work of the function with this contract: its name is the `source` of what it publishes. */
export function unitOfWork(of: UnitOf): UnitOfWork {
  const { contract, cause } = of;
  const { name: producer } = contract;
  const writes: Write[] = [];
  const messages: Envelope[] = [];
  const pending: Promise<void>[] = [];
  let traceparent: string | undefined;
  return {
    of,
    writes,
    messages,
    write(...added) {
      for (const write of added) {
        requireFreeKeys(write);
        checkWrite(write);
      }
      writes.push(...added);
    },
    publish(...published) {
      const given: readonly (Draft | PublishOptions)[] = published;
      const options = given.find((one) => "sequence" in one);
      for (const draft of given.filter((one) => "type" in one)) {
        const type = requirePublished(contract, draft.type); // G3: once committed, it would wait forever for a route
        const ready = type.outgoing(draft);
        if (ready instanceof Promise)
          add({ ...draft, data: asJson(draft.data, "PUBLISH_INVALID", type.type) }, options, ready);
        else add(ready, options);
      }
    },
    checked: () => (pending.length === 0 ? undefined : Promise.all(pending)),
    replace(position, message) {
      messages[position] = message;
    },
  };

  /** By the rules of its readers, before the commit: after it, nobody could read the message (S3). */
  function add(draft: Draft, options?: PublishOptions, checked?: Promise<Draft>): void {
    checked?.catch(() => undefined); // also when it is refused for something else, before anybody waits for it
    const position = messages.length;
    const message = caused(draft, position, options);
    if (checked === undefined) checkOutgoing(message);
    messages.push(message);
    if (checked === undefined) return;
    const done = checked.then(({ partitionkey }) => {
      const complete = { ...(messages[position] ?? message), partitionkey };
      checkOutgoing(complete);
      messages[position] = complete;
    });
    done.catch(() => undefined); // whoever commits is told, and nobody does when the handler fails
    pending.push(done);
  }

  function caused(draft: Draft, position: number, options?: PublishOptions): Envelope {
    traceparent ??= childTraceparent(cause, producer);
    return {
      specversion: "1.0",
      id: derivedId(cause.source, cause.id, producer, position),
      source: `/${producer}`,
      type: draft.type,
      time: nowIso(),
      datacontenttype: "application/json",
      partitionkey: draft.partitionkey,
      ...(options && { sequence: numbered(options) }),
      correlationid: cause.correlationid,
      causationid: cause.id,
      traceparent,
      hops: cause.hops + 1,
      data: draft.data,
    };
  }
}

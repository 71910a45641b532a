// A projection's place in the journal: one number a partition, moved by compare-and-set in the transaction that
// holds what the record did.
//
//   G2. The offset is the evidence: a record that was done is behind it.
//   G10. It moves from where it was read, forwards, together with the effect or after it.
import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type Cancellation, classifyCancellation } from "../aws/cancellation.ts";
import { dynamodb } from "../aws/clients.ts";
import { measure } from "../commit/limits.ts";
import { transact } from "../commit/transaction.ts";
import type { Write } from "../commit/unit-of-work.ts";
import { Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { waitToRetry } from "../core/retry.ts";

/** A step of one partition's offset. */
export interface Move {
  readonly partition: number;
  /** The sequence number it was read at. */
  readonly from: number;
  readonly to: number;
}

export interface Offsets {
  /** The last sequence number that is done; 0 at the beginning. */
  read(partition: number): Promise<number>;
  /**
   * Moves the offset and performs the writes, together or not at all.
   * @throws OffsetMoved, StateMoved, RetryLater or Park; nothing was done, or the offset says that it was
   */
  commit(move: Move, writes: readonly Write[], options: { deadlineMs: number }): Promise<void>;
}

/** Another worker has this partition; what it did must not be done again. */
export class OffsetMoved extends Error {
  override readonly name = "OffsetMoved";
}

/** How often a commit that met only transient trouble is sent again. */
const attemptsMax = 5;
const offsetIndex = 0;

/** @param prefix the generation of the projection: a new one begins at 0 */
export function offsets({
  table,
  prefix,
  client = dynamodb,
}: {
  table: string;
  prefix: string;
  client?: () => DynamoDBClient;
}): Offsets {
  const send = transact(client);
  const idOf = (partition: number) => `${prefix}#offset#${partition}`;
  return {
    async read(partition) {
      const Key = marshall({ id: idOf(partition) });
      const { Item } = await client().send(
        new GetItemCommand({ TableName: table, Key, ConsistentRead: true }),
      );
      if (Item === undefined) return 0;
      const offset = Number(Item.offset?.N);
      if (Number.isSafeInteger(offset) && offset >= 1) return offset;
      throw new Error(
        `the item ${idOf(partition)} must have a whole number as its offset: it was not written by the kit`,
      );
    },

    async commit(move, writes, { deadlineMs }) {
      const { actions } = measure([moveWrite(move), ...writes]);
      for (let attempt = 1; ; attempt++) {
        const reasons = await send(actions); // a lost answer: the SDK's token
        if (reasons === undefined) return;
        const cancellation = classifyCancellation(
          { CancellationReasons: [...reasons] },
          { evidenceIndex: offsetIndex },
        );
        if (cancellation.kind !== "transient") throw refusalOf(cancellation);
        const again = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
        if (!again) throw new RetryLater(cancellation.codes[0] ?? "TRANSIENT", undefined, { waited: true });
      }
    },
  };

  function moveWrite({ partition, from, to }: Move): Write {
    if (to <= from) throw new Error(`an offset cannot go back from ${from} to ${to}`);
    const put = {
      TableName: table,
      Item: marshall({ id: idOf(partition), offset: to }),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    };
    if (from === 0) return { Put: { ...put, ConditionExpression: "attribute_not_exists(id)" } };
    return {
      Put: {
        ...put,
        ConditionExpression: "#offset = :from", // G10: nobody moved it since it was read
        ExpressionAttributeNames: { "#offset": "offset" },
        ExpressionAttributeValues: { ":from": { N: String(from) } },
      },
    };
  }
}

function refusalOf(cancellation: Exclude<Cancellation, { kind: "transient" }>): Error {
  if (cancellation.kind === "evidence") return new OffsetMoved();
  if (cancellation.kind === "state-moved") return new StateMoved();
  return new Park("COMMIT_REFUSED", cancellation.codes.join(", ") || "cancelled without a reason");
}

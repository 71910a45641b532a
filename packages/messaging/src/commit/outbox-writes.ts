// Messages for a transaction of your own: the transactional outbox without evidence, for code that writes to DynamoDB by itself.
//
//   G1. The rows commit with the state that you write beside them, or not at all.
//   G2. Ids of messages are derived from `id`: the same request, made again, publishes the same messages, and consumers absorb them.
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { environment } from "../core/environment.ts";
import { derivedId } from "../core/ids.ts";
import type { Contract, TypeOf } from "../envelope/contract.ts";
import type { Draft, MessageType } from "../envelope/message-type.ts";
import { writesWithRows } from "./outbox.ts";
import { unitOfWork } from "./unit-of-work.ts";

export interface OutboxWritesOptions<Types extends string> {
  /** What the messages are published for: the id of the request or of the job. The same again makes the same messages. */
  readonly id: string;
  readonly messages: readonly Draft<Types>[];
  /** The outbox table; by default what ORDERED_OUTBOX_TABLE names. */
  readonly outboxTable?: string;
}

/**
 * The writes that put messages into the outbox: one for each message key. The relay sends what they commit.
 * ```ts
 * const rows = await outboxWrites(placeOrder, { id: orderId, messages: [OrderPlaced.from({ orderId })] });
 * await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: order }, ...rows] }));
 * ```
 * @throws Park PUBLISH_INVALID, TYPE_NOT_PUBLISHED and what else `unit.publish` throws; Error when ORDERED_OUTBOX_TABLE is absent
 */
export async function outboxWrites<Publishes extends readonly MessageType[]>(
  contract: Contract<readonly MessageType[], Publishes>,
  { id, messages, outboxTable }: OutboxWritesOptions<TypeOf<Publishes>>,
): Promise<TransactWriteItem[]> {
  const source = `/${contract.name}`;
  const unit = unitOfWork({ contract, cause: { source, id, correlationid: id, hops: 0 } });
  unit.publish(...messages);
  await unit.checked();
  const table = outboxTable ?? environment("ORDERED_OUTBOX_TABLE");
  return writesWithRows(unit, { table: () => table, id: derivedId(source, id) });
}

// Evidence inside the one item that a message changes: state, evidence and outgoing messages in one conditional
// write, without a transaction. One request and, up to 1 KB of item, one write unit. Older evidence by ids moves from
// the item to the evidence table: one write in ten is preceded by a second one for that.
//
//   G1, G2. One write holds everything, on the condition that the evidence is what this commit was decided on.
//   G3. The item's stream carries the messages: each record those of its own commit (see inline-stream.ts).
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { sharedRead } from "../aws/shared-read.ts";
import { environment } from "../core/environment.ts";
import { evidenceId } from "../core/ids.ts";
import { type Outcome, Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { wholeNumber } from "../core/whole-number.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { besideOf } from "./beside.ts";
import type { Delivery } from "./delivery.ts";
import type { GroupCommitOptions } from "./group-commit.ts";
import type { EvidenceStore } from "./idempotency.ts";
import { inlineGroup, inlineSender } from "./inline-send.ts";
import { mergeInline, outboxIdAttribute } from "./inline-write.ts";
import { byIds, itemsNamedBy } from "./item-evidence.ts";
import { isItemId, itemIdRule } from "./item-id.ts";
import { measure } from "./limits.ts";
import type { OverflowPlace } from "./overflow-rows.ts";
import { requireFreeKey } from "./reserved-keys.ts";
import type { RowsEvidence } from "./rows-evidence.ts";
import { recall, remember } from "./seen-evidence.ts";
import { bySequence } from "./sequence-evidence.ts";
import type { Write } from "./unit-of-work.ts";

export interface InlineOptions {
  /** The table of the item; its key is `id`. It must have a stream, which the publisher reads. */
  readonly table: string;
  /**
   * The id of the item that a message changes; the message's `partitionkey` unless given. For `<consumer>#<partitionkey>`
   * it costs nothing; for any other name a read of the evidence table a message, shared by those of a batch, because
   * only there can an operator's edit or discard tell this consumer of it.
   */
  readonly itemOf?: (message: Envelope) => string;
  /**
   * What messages are remembered by. `ids`: the last ones, of any producer. `sequence`: the number of the last one
   * of each source, for producers that number their messages of a key, all of which this consumer gets: they
   * take effect in the order of their numbers, and the evidence does not grow.
   */
  readonly by?: "ids" | "sequence";
  /**
   * By ids: how many messages are remembered in the item itself, 1 to 100. Older ones are remembered in the evidence
   * table: a smaller window makes the item smaller, and a duplicate of a message that left it costs a read.
   */
  readonly window?: number;
  readonly client?: DynamoDBClient;
  /**
   * Writes of one batch that are ready together share a request, each with a condition and a result of its own. Its role
   * needs dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate on the table; without them, or with false, each goes alone.
   */
  readonly groupCommit?: boolean | GroupCommitOptions;
}

const windowDefault = 10;
const windowMax = 100;

/**
 * Evidence in the item itself, for a handler that changes exactly one.
 * ```ts
 * consumer(settleOrder).use(idempotency({ evidence: inline({ table: ordersTable }) }))
 * ```
 * With `by: "sequence"` messages of a key take effect in the order of their numbers, whatever queue they come by.
 * Duplicates get no receipt.
 */
export function inline(options: InlineOptions): EvidenceStore {
  const {
    table,
    itemOf = (message) => message.partitionkey,
    form,
    evidenceTable,
    grouping,
  } = resolve(options);
  const client = () => options.client ?? dynamodb();
  const readItem = sharedRead({ table, client, attributes: [form.attribute, outboxIdAttribute] });
  const readBeyond = sharedRead({ table: evidenceTable, client });
  const group = grouping && inlineGroup(client, grouping);
  const sender = inlineSender({ table, client, group, readItem });
  let barred: RowsEvidence | undefined;

  return {
    begin: ({ unit, deadlineMs }) => group?.begin(unit, deadlineMs),
    end: ({ unit }) => group?.end(unit),

    async find(delivery) {
      const id = itemNamedBy(delivery.message);
      if (id === undefined) return undefined; // its schema has not been asked yet, and will say what is wrong
      const { known } = await judge(await look(id), delivery, id);
      return known;
    },

    async commit(delivery, receipt) {
      try {
        return await commit(delivery, receipt);
      } finally {
        group?.end(delivery.unit); // also when it had nothing to write
      }
    },
  };

  async function commit(delivery: Delivery, receipt: unknown): Promise<Outcome> {
    const { unit, message } = delivery;
    if (unit.writes.length + unit.messages.length === 0 && !form.everyMessage) {
      return { kind: "done", receipt }; // no effect, no evidence
    }
    const id = itemOf(message);
    if (!isItemId(id))
      throw new Park("VALUE_UNSTORABLE", `${table}: itemOf must name an item: ${itemIdRule}`);
    const { read, known, base } = await judged(delivery, id);
    if (known) return known;

    const { attribute } = form;
    const isFull = base !== undefined && form.isFull(base, delivery);
    const evidence = form.add(isFull ? await withRoom(base, delivery, id) : base, delivery);
    const { messages } = unit;
    const outboxId = evidenceId(delivery);
    const write = mergeInline(writeOf(delivery, id), { attribute, read, evidence, outboxId, messages });
    const beside = unit.writes.filter(besideOf);
    const refused = await sender.send(measure([write, ...beside]), { delivery, id });
    if (refused === undefined) {
      const outbox = messages.length > 0 && { [outboxIdAttribute]: { S: outboxId } };
      remember(table, id, { [attribute]: { S: evidence }, ...outbox });
      return { kind: "done", receipt };
    }
    const { item } = refused;
    remember(table, id, item);
    const first = form.judge(item?.[attribute]?.S, delivery); // G2: before anything else, as a lost response ends here
    if (first) return first;
    throw new StateMoved(`${table} ${id}`, undefined, [item ?? null]);
  }

  /** Undefined when it names none: a message that nobody has looked at may say anything. */
  function itemNamedBy(message: Envelope): string | undefined {
    try {
      const id: unknown = itemOf(message);
      return isItemId(id) ? id : undefined;
    } catch {
      return undefined;
    }
  }

  /** What was remembered may be too old to refuse a message by: only the item says that it is not the next. */
  async function judged(delivery: Delivery, id: string) {
    const remembered = recall(table, id, form.attribute);
    try {
      const judgement = await judge(remembered, delivery, id);
      if (judgement.known === undefined) return { read: remembered, ...judgement };
    } catch (error) {
      if (!(error instanceof Park || error instanceof RetryLater)) throw error;
    }
    const read = await look(id);
    return { read, ...(await judge(read, delivery, id)) };
  }

  /** What is known of a message, and the evidence to add it to when nothing is. */
  async function judge(read: string | undefined, delivery: Delivery, id: string): Promise<Judgement> {
    const isNamed = itemsNamedBy(delivery.consumer, delivery.message).includes(id);
    const known = (isNamed ? undefined : await judgeUnnamed(delivery)) ?? form.judge(read, delivery);
    if (known || read === undefined || !form.isOpen(read, delivery)) return { known, base: read };
    const { readOverflow } = await import("./inline-overflow.ts");
    const { evidence: base, ...found } = await readOverflow(beyond(id), read, delivery);
    return { ...found, base };
  }

  /** An operator who bars a message finds no item that is named in a way of its own: the evidence table says it. */
  async function judgeUnnamed(delivery: Delivery): Promise<Outcome | undefined> {
    const { rowsEvidence } = await import("./rows-evidence.ts");
    barred ??= rowsEvidence({ table: evidenceTable, client });
    return barred.find(delivery);
  }

  async function withRoom(base: string, delivery: Delivery, id: string): Promise<string> {
    const { keep } = await import("./inline-overflow.ts");
    return keep(beyond(id), base, delivery);
  }

  function beyond(id: string): OverflowPlace {
    return { evidenceTable, client, read: readBeyond, table, id };
  }

  async function look(id: string): Promise<string | undefined> {
    const item = await readItem(id);
    remember(table, id, item); // whether it exists, too: its write can share a request
    return item?.[form.attribute]?.S;
  }

  /**
   * The one write of the unit; a unit without one touches the item without changing it. Of an item that does not
   * exist this makes one that has only what is the kit's: a versioned table does not show it.
   */
  function writeOf({ unit }: Delivery, id: string): Write {
    const [write = touch(id), ...more] = unit.writes.filter((one) => !besideOf(one));
    const target = write.Put ?? write.Update;
    const targetId = write.Put?.Item?.id?.S ?? write.Update?.Key?.id?.S;
    if (more.length === 0 && target?.TableName === table && targetId === id) return write;
    throw new Park(
      "INLINE_ONE_ITEM",
      `inline needs exactly one put or update of the item that itemOf names in ${table}, got ${unit.writes.length} writes`,
    );
  }

  function touch(id: string): Write {
    requireFreeKey(id);
    return { Update: { TableName: table, Key: { id: { S: id } }, UpdateExpression: "" } };
  }
}

interface Judgement {
  readonly known: Outcome | undefined;
  readonly base: string | undefined;
}

function resolve(options: InlineOptions) {
  const { by = "ids", window = windowDefault, groupCommit: grouping = {} } = options;
  if (by !== "ids" && by !== "sequence") throw new Error(`by must be "ids" or "sequence", got ${String(by)}`);
  wholeNumber("window", window, { min: 1, max: windowMax });
  const form = by === "ids" ? byIds(window) : bySequence;
  return {
    ...options,
    form,
    evidenceTable: environment("EVIDENCE_TABLE"),
    grouping: grouping === true ? {} : grouping || undefined,
  };
}

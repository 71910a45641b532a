// Puts scheduled messages that are due into the outbox, from where the publisher sends them.
//
//   G12. An item leaves the schedules in the transaction in which its message gets into the outbox, on the condition that it is as
//   it was read. So of two dispatchers, a cancel and a move, one wins, whoever dies or is slow in between.
//   G3. From there on the message is one of the outbox: it is sent whatever happens.
//   G4. Messages of one producer and key that are due together go out in the order of their times.
//   G7. A row is in the name of the contract whose key the item has, never in the name that a message gives itself.
import { isTransient } from "../aws/cancellation.ts";
import { dynamodb } from "../aws/clients.ts";
import { getItems } from "../aws/dynamodb-batch.ts";
import { permanentReason } from "../aws/permanent.ts";
import { actionsMax, itemBytesMax, transactionBytesMax } from "../commit/limits.ts";
import { orderingKeyOf, writesWithRows } from "../commit/outbox.ts";
import { transact } from "../commit/transaction.ts";
import { atOnce } from "../core/at-once.ts";
import { nowIso, nowMs } from "../core/clock.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { derivedId } from "../core/ids.ts";
import { waitToRetry } from "../core/retry.ts";
import { asciiJson } from "../envelope/envelope.ts";
import { log } from "../observe/log.ts";
import type { DueEntry } from "./due-items.ts";
import { readScheduledItem, removeWrite, type ScheduledItem, type StoredItem } from "./scheduled-item.ts";

export interface DispatchOptions {
  readonly table: string;
  readonly outboxTable: string;
  readonly deadlineMs: number;
  /** G4: keys of which a message stays for the next run, filled here: later ones of a run stay with it. */
  readonly heldKeys: Set<string>;
}

/** Each with up to 4 MB. */
const transactionsAtOnce = 4;
/** Half of the limits, for what the kit adds to an item, and for a row that holds the messages of one key. */
const bytesMax = transactionBytesMax / 2;
const rowBytesMax = itemBytesMax / 2;
const itemsMax = actionsMax / 2;
const attemptsMax = 5;

/**
 * Dispatches the items of these entries, if they are still there and due.
 * @returns how many; an item that another dispatcher, a cancel or a move was faster at is none of them
 */
export async function dispatch(entries: readonly DueEntry[], options: DispatchOptions): Promise<number> {
  const { table, deadlineMs } = options;
  const keys = entries.map(({ id }) => ({ id: { S: id } }));
  const stored = await getItems(dynamodb(), { table, keys, deadlineMs });
  const items = stored.flatMap((item) => readable(item) ?? []).filter(isDue);
  items.sort((a, b) => (a.due < b.due ? -1 : 1));
  let open = items;
  let dispatched = 0;
  while (open.length > 0 && nowMs() < deadlineMs) {
    const { packs, rest } = packed(open);
    const counts = await atOnce(packs, transactionsAtOnce, (pack) => dispatchPack(pack, options));
    dispatched += counts.reduce((sum, count) => sum + count, 0);
    open = rest;
  }
  return dispatched;
}

/**
 * Sends what it can of a pack: items that are no longer as they were read leave it, and the others are sent again.
 * G5: a pack that DynamoDB refuses is sent in halves, until the item that is refused is alone.
 */
async function dispatchPack(pack: readonly ScheduledItem[], options: DispatchOptions): Promise<number> {
  const { deadlineMs, heldKeys } = options;
  let open = pack.filter(({ message }) => !heldKeys.has(orderingKeyOf(message)));
  for (let attempt = 1; open.length > 0; attempt++) {
    const { codes, gone } = await send(open, options);
    if (codes.length === 0) return open.length;
    const refused = codes.find((code) => code !== "ConditionalCheckFailed" && !isTransient(code));
    if (refused !== undefined) return dispatchHalves(open, refused, options);
    const isMoving = gone.size > 0;
    open = open.filter(({ id }) => !gone.has(id));
    const goesOn = attempt < attemptsMax && (isMoving || (await waitToRetry({ attempt, deadlineMs })));
    if (!goesOn) {
      for (const { message } of open) heldKeys.add(orderingKeyOf(message)); // the next minute looks again
      return 0;
    }
  }
  return 0;
}

async function dispatchHalves(
  pack: readonly ScheduledItem[],
  errorCode: string,
  options: DispatchOptions,
): Promise<number> {
  const [only] = pack;
  if (pack.length === 1) {
    log("error", "DISPATCH_REFUSED", { id: only?.id, errorCode });
    return 0;
  }
  const middle = Math.ceil(pack.length / 2);
  const first = await dispatchPack(pack.slice(0, middle), options);
  return first + (await dispatchPack(pack.slice(middle), options));
}

/** The codes why the transaction was cancelled, none when it was committed; and the items that are not as they were read. */
async function send(
  items: readonly ScheduledItem[],
  { table, outboxTable }: DispatchOptions,
): Promise<{ readonly codes: readonly string[]; readonly gone: ReadonlySet<string> }> {
  const writes = items.map((item) => removeWrite(table, item));
  const messages = items.map(({ message }) => ({ ...message, time: nowIso() })); // when it happens, not when it was asked for
  const id = derivedId(...messages.map((message) => message.id));
  const actions = writesWithRows({ writes, messages }, { table: () => outboxTable, id });
  try {
    const reasons = (await transact(dynamodb)(actions)) ?? [];
    const isGone = (_: unknown, index: number) => reasons[index]?.Code === "ConditionalCheckFailed";
    return {
      codes: reasons.map(({ Code = "None" }) => Code).filter((code) => code !== "None"),
      gone: new Set(items.filter(isGone).map((item) => item.id)),
    };
  } catch (error) {
    if (permanentReason(error) === undefined) throw error; // an outage, which no smaller transaction ends
    return { codes: [errorCodeOf(error)], gone: new Set() };
  }
}

/** Transactions that may be sent side by side: all items of one producer and key are in one of them, or wait for it. */
function packed(items: readonly ScheduledItem[]): { packs: ScheduledItem[][]; rest: ScheduledItem[] } {
  const packs: ScheduledItem[][] = [];
  const rest: ScheduledItem[] = [];
  let pack: ScheduledItem[] = [];
  let packBytes = 0;
  for (const line of Map.groupBy(items, ({ message }) => orderingKeyOf(message)).values()) {
    const { head, bytes } = headOf(line);
    rest.push(...line.slice(head.length));
    if (pack.length + head.length > itemsMax || packBytes + bytes > bytesMax) {
      packs.push(pack);
      pack = [];
      packBytes = 0;
    }
    pack.push(...head);
    packBytes += bytes;
  }
  packs.push(pack);
  return { packs, rest };
}

/** Of one key, as many as fit in one row; at least one. */
function headOf(line: readonly ScheduledItem[]): { head: ScheduledItem[]; bytes: number } {
  let bytes = 0;
  const head = line.slice(0, itemsMax).filter(({ message }, index) => {
    bytes += asciiJson(message).length;
    return index === 0 || bytes <= rowBytesMax;
  });
  return { head, bytes };
}

function isDue({ due }: ScheduledItem): boolean {
  return Date.parse(due) <= nowMs();
}

/** One that cannot be read, or is not its producer's own, stays where it is, and an operator sees it. */
function readable(stored: StoredItem): ScheduledItem | undefined {
  try {
    const item = readScheduledItem(stored);
    if (item.id.startsWith(`${item.message.source.replace(/^\//, "")}#`)) return item;
    log("error", "SCHEDULE_FOREIGN", { id: item.id, source: item.message.source });
  } catch (error) {
    log("error", "SCHEDULE_UNREADABLE", { id: stored.id?.S, errorCode: errorCodeOf(error) });
  }
  return undefined;
}

// Checks that a transaction is within DynamoDB's limits before it is sent: DynamoDB refuses the whole transaction and
// does not say which unit of work, table or item is too large.
//
//   G11. Actions and bytes of a transaction are bounded. A message beyond them can never succeed, so it is parked, and
//   the reason names the limit.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
//   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
import { type Item, itemBytes } from "../core/item-size.ts";
import { Park } from "../core/outcome.ts";
import { safeName } from "../core/place.ts";
import type { Write } from "./unit-of-work.ts";

export const actionsMax = 100;
export const transactionBytesMax = 4 * 1024 * 1024;
export const itemBytesMax = 400 * 1024;

/** The names of the keys of tables that have not `id` alone; a put does not say them. */
const keyNames = new Map<string, readonly string[]>();

/** Says what the items of a table are keyed by. */
export function keyedBy(table: string, names: readonly string[]): void {
  keyNames.set(table, names);
}

/** A unit's actions with what counts towards the limits. */
export interface Measured {
  readonly actions: readonly Write[];
  /** Names of the items that are written or checked; equal for equal items, and at times for two of one `id`. */
  readonly items: ReadonlySet<string>;
  /** At least: what an update leaves as it is counts too, and only DynamoDB knows it. */
  readonly bytes: number;
}

/**
 * Checks the actions of one transaction.
 * @throws Park TOO_MANY_WRITES, ITEM_TWICE, ITEM_TOO_LARGE or UNIT_TOO_LARGE, with the figures and the table
 */
export function measure(actions: readonly Write[]): Measured {
  if (actions.length > actionsMax) {
    throw new Park(
      "TOO_MANY_WRITES",
      `${actions.length} actions, at most ${actionsMax} fit in a transaction`,
    );
  }
  const subjects = actions.map(subjectOf);
  const items = new Set<string>();
  let bytes = 0;
  for (const { table, item, key } of subjects) {
    const names = keyNamesOf(table, subjects);
    const name = itemName(table, key ?? keyOf(item, names));
    // Two puts of a table whose key is not known may differ in a sort key; there DynamoDB decides.
    if (items.has(name) && names !== undefined) throw itemTwice(`in ${table}`);
    items.add(name);
    bytes += sizeOf(table, item);
  }
  if (bytes > transactionBytesMax) {
    throw new Park("UNIT_TOO_LARGE", `${bytes} bytes, at most ${transactionBytesMax} fit in a transaction`);
  }
  return { actions, items, bytes };
}

/** Of what is known of the items that the writes leave. */
export function largestItemBytes(writes: readonly Write[]): number {
  return Math.max(0, ...writes.map((write) => itemBytes(subjectOf(write).item)));
}

export function itemTwice(where: string): Park {
  return new Park("ITEM_TWICE", `two writes of one item ${where}: merge them`);
}

function sizeOf(table: string, item: Item): number {
  const bytes = itemBytes(item);
  if (bytes > itemBytesMax) {
    const [name = "", largest] = Object.entries(item)
      .map(([name, value]) => [name, itemBytes({ [name]: value })] as const)
      .reduce((a, b) => (b[1] > a[1] ? b : a));
    const most = `${safeName(name)} has ${largest} of them`;
    throw new Park(
      "ITEM_TOO_LARGE",
      `${bytes} bytes for ${table}, at most ${itemBytesMax} fit in an item; ${most}`,
    );
  }
  return bytes;
}

interface Subject {
  readonly table: string;
  /** What is known of the item that the action leaves. */
  readonly item: Item;
  /** Absent for a put, whose item has the key among its attributes. */
  readonly key?: Item;
}

function subjectOf({ Put, Update, Delete, ConditionCheck }: Write): Subject {
  if (Put?.TableName && Put.Item) return { table: Put.TableName, item: Put.Item };
  if (Update?.TableName && Update.Key) {
    const { TableName: table, Key: key } = Update;
    return { table, key, item: { ...key, ...attributesSet(Update) } };
  }
  const named = Delete ?? ConditionCheck;
  if (named?.TableName && named.Key) return { table: named.TableName, key: named.Key, item: named.Key };
  throw new Park(
    "COMMIT_REFUSED",
    "a write must be a Put, an Update, a Delete or a ConditionCheck, with its table and its item",
  );
}

/** The attributes that are set to a value as it stands: `SET #total = :total`. */
function attributesSet(update: NonNullable<Write["Update"]>): Item {
  const { UpdateExpression = "", ExpressionAttributeNames: names = {} } = update;
  const values = update.ExpressionAttributeValues ?? {};
  const set = placesIn(UpdateExpression).flatMap(([name, place]) => {
    const value = values[place];
    return value === undefined ? [] : [[names[name] ?? name, value] as const];
  });
  return Object.fromEntries(set);
}

type Places = readonly (readonly [name: string, place: string])[];

/** A program has few expressions, and uses each for many messages. */
const placesByExpression = new Map<string, Places>();
const expressionsMax = 200;

function placesIn(expression: string): Places {
  const known = placesByExpression.get(expression);
  if (known) return known;
  const matches = expression.matchAll(/([#\w]+)\s*=\s*(:\w+)/g);
  const places = [...matches].map(([, name = "", place = ""]) => [name, place] as const);
  if (placesByExpression.size >= expressionsMax) placesByExpression.clear();
  placesByExpression.set(expression, places);
  return places;
}

/** A put does not say which of its attributes are the key; another action on its table may. */
function keyNamesOf(table: string, subjects: readonly Subject[]): readonly string[] | undefined {
  const named = subjects.find((subject) => subject.key !== undefined && subject.table === table)?.key;
  return named === undefined ? keyNames.get(table) : Object.keys(named);
}

const onlyId = ["id"] as const;

/** `id`, when nobody said otherwise; without it the whole item stands for its key. */
function keyOf(item: Item, names: readonly string[] = onlyId): Item {
  const key = names.map((name) => [name, item[name]] as const);
  return key.every(([, value]) => value !== undefined) ? (Object.fromEntries(key) as Item) : item;
}

function itemName(table: string, key: Item): string {
  const { id } = key;
  if (id?.S !== undefined && Object.keys(key).length === 1) return `${table} ${id.S}`; // a table has no spaces
  const names = Object.keys(key).sort();
  return JSON.stringify([table, names.map((name) => [name, key[name]])]);
}

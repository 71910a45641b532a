// The PartiQL statement that does the same as a write of an item, for writes that share a BatchExecuteStatement. A write
// that cannot be said in the forms that AWS documents has none, and goes alone.
//
//   G1, G2. The statement has the write's condition, all of it, and sets the same attributes.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { outboxAttribute, outboxIdAttribute } from "./inline-write.ts";
import type { Write } from "./unit-of-work.ts";

export interface Statement {
  readonly text: string;
  readonly parameters: readonly AttributeValue[];
}

export interface ItemBefore {
  /** An INSERT refuses an item that is there, an UPDATE one that is not. */
  readonly exists: boolean;
  /** It has messages of an earlier commit: left where they are, they would only take room. */
  readonly hasOutbox: boolean;
}

/** Undefined when the write goes alone. */
export function statementOf({ Put, Update }: Write, before: ItemBefore): Statement | undefined {
  if (Put) {
    const { TableName = "", Item = {}, ConditionExpression, ExpressionAttributeNames: names } = Put;
    if (!areUsed({ ...names, ...Put.ExpressionAttributeValues }, placesIn(ConditionExpression)))
      return undefined;
    const isSaid = !before.exists && holdsForNone(conditionsIn(ConditionExpression, names));
    return isSaid ? insertOf(TableName, Item) : undefined;
  }
  if (!Update) return undefined;
  const { TableName = "", Key = {}, ExpressionAttributeNames: names } = Update;
  const { changes, conditions, places } = formOf(Update, names);
  if (changes === undefined || conditions === undefined || Object.keys(Key).join() !== "id") return undefined;
  const values = Update.ExpressionAttributeValues ?? {};
  if (!areUsed({ ...names, ...values }, places)) return undefined;
  if (changes.some(({ adds, value }) => adds && values[value]?.N === undefined)) return undefined; // to a set
  if (conditions.some(({ value }) => value && !isComparable(values[value]))) return undefined;
  return before.exists
    ? updateOf(TableName, { Key, changes, conditions, values, hasOutbox: before.hasOutbox })
    : newItemOf(TableName, { Key, changes, conditions, values });
}

/** The key, an attribute twice, and arithmetic on an attribute that may be missing: DynamoDB refuses what a statement might not. */
function areSayable(changes: readonly Change[], conditions: readonly Condition[] = []): boolean {
  const names = changes.map(({ name }) => name);
  if (names.includes("id") || new Set(names).size < names.length) return false;
  const isThere = (name: string) => conditions.some((one) => one.name === name && one.test !== "IS MISSING");
  return changes.every(({ name, sign, adds }) => sign === undefined || adds || isThere(name));
}

/** DynamoDB refuses a write that names what its expressions do not use, and a statement cannot say it. */
function areUsed(named: Readonly<Record<string, unknown>>, places: ReadonlySet<string>): boolean {
  return Object.keys(named).every((place) => places.has(place));
}

function placesIn(...expressions: readonly (string | undefined)[]): ReadonlySet<string> {
  return new Set(expressions.join(" ").match(/[#:]\w+/g));
}

type Values = Readonly<Record<string, AttributeValue>>;

/** `name = :value`, or `name = name + :value`. */
interface Change {
  readonly name: string;
  readonly value: string;
  readonly sign?: string;
  /** An ADD, to 0 where there is none. */
  readonly adds?: boolean;
}

interface Condition {
  readonly name: string;
  /** `IS MISSING`, `IS NOT MISSING`, or a comparison with a value. */
  readonly test: string;
  readonly value?: string;
}

interface Parts {
  readonly Key: Values;
  readonly changes: readonly Change[];
  readonly conditions: readonly Condition[];
  readonly values: Values;
}

function updateOf(
  table: string,
  { Key, changes, conditions, values, hasOutbox }: Parts & { readonly hasOutbox: boolean },
): Statement | undefined {
  const isReplaced = changes.some(({ name }) => name === outboxAttribute);
  const isCleared = hasOutbox && !isReplaced;
  const parameters = changes.map(({ value }) => values[value]);
  const set = changes.map(({ name, sign }) => `"${name}" = ${sign ? `${name} ${sign} ?` : "?"}`);
  const where = conditions.map(({ name, test, value }) => `"${name}" ${test}${value ? " ?" : ""}`);
  if (isCleared) set.push(`"${outboxAttribute}" = ?`);
  const removed = isCleared ? ` REMOVE "${outboxIdAttribute}"` : "";
  return checked(
    `UPDATE "${table}" SET ${set.join(", ")}${removed} WHERE ${['"id" = ?', ...where].join(" AND ")}`,
    [
      ...parameters,
      ...(isCleared ? [{ L: [] }] : []),
      Key.id,
      ...conditions.flatMap(({ value }) => (value ? [values[value]] : [])),
    ],
  );
}

function newItemOf(table: string, { Key, changes, conditions, values }: Parts): Statement | undefined {
  const needsOld = changes.some(({ sign, adds }) => sign && !adds);
  if (needsOld || !holdsForNone(conditions)) return undefined;
  const set = changes.map(({ name, value }) => [name, values[value]] as const);
  return insertOf(table, { ...Key, ...Object.fromEntries(set) });
}

function insertOf(table: string, item: Readonly<Record<string, AttributeValue | undefined>>) {
  const { id, ...more } = item;
  const names = Object.keys(more);
  if (!names.every((name) => plainName.test(name))) return undefined;
  const places = ["id", ...names].map((name) => `'${name}': ?`);
  return checked(`INSERT INTO "${table}" VALUE {${places.join(", ")}}`, [id, ...Object.values(more)]);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html */
const textMax = 8_192;

function checked(text: string, parameters: readonly (AttributeValue | undefined)[]): Statement | undefined {
  const known = parameters.filter((value) => value !== undefined);
  return text.length <= textMax && known.length === parameters.length
    ? { text, parameters: known }
    : undefined;
}

interface Form {
  readonly changes: readonly Change[] | undefined;
  readonly conditions: readonly Condition[] | undefined;
  /** Of names and values. */
  readonly places: ReadonlySet<string>;
}

/** A program has few forms of update, and uses each for many messages. */
const forms = new Map<string, Form>();
const formsMax = 200;

function formOf(update: NonNullable<Write["Update"]>, names: Names): Form {
  const { UpdateExpression, ConditionExpression } = update;
  const text = JSON.stringify([UpdateExpression, ConditionExpression, names]);
  const known = forms.get(text);
  if (known) return known;
  const conditions = conditionsIn(ConditionExpression, names);
  const said = changesIn(UpdateExpression, names);
  const changes = said && areSayable(said, conditions) ? said : undefined;
  const form = {
    changes,
    conditions,
    places: placesIn(UpdateExpression, ConditionExpression),
  };
  if (forms.size >= formsMax) forms.clear();
  forms.set(text, form);
  return form;
}

/** Other names mean a path in one engine and an attribute in another. */
const plainName = /^[A-Za-z_]\w*$/;

type Names = Readonly<Record<string, string>> | undefined;

function named(name: string, names: Names): string | undefined {
  const full = name.startsWith("#") ? names?.[name] : name;
  return full !== undefined && plainName.test(full) ? full : undefined;
}

/** Nothing equals NULL in PartiQL, and it says nothing of sets, lists and maps. */
function isComparable(value?: AttributeValue): boolean {
  return value?.S !== undefined || value?.N !== undefined || value?.BOOL !== undefined;
}

/** The changes of an update expression; undefined for one that says more than a statement can. */
function changesIn(expression = "", names: Names): Change[] | undefined {
  const changes: (Change | undefined)[] = clausesOf(expression).flatMap(({ clause, parts }) =>
    parts.flatMap((part) => {
      if (clause === "REMOVE") return kits.has(part) ? [] : [undefined];
      return [clause === "SET" ? setIn(part, names) : clause === "ADD" ? addIn(part, names) : undefined];
    }),
  );
  const known = changes.filter((change) => change !== undefined);
  return known.length === changes.length && known.length > 0 ? known : undefined;
}

/** What the kit removes is removed where it is known to be: `hasOutbox`. */
const kits: ReadonlySet<string> = new Set([outboxIdAttribute, outboxAttribute]);

function setIn(part: string, names: Names): Change | undefined {
  const [, left = "", right, sign, value = ""] =
    /^([#\w]+)\s*=\s*(?:([#\w]+)\s*([+-])\s*)?(:\w+)$/.exec(part) ?? [];
  const name = named(left, names);
  if (name === undefined || (right !== undefined && named(right, names) !== name)) return undefined;
  return { name, value, ...(sign && { sign }) };
}

function addIn(part: string, names: Names): Change | undefined {
  const [, left = "", value = ""] = /^([#\w]+)\s+(:\w+)$/.exec(part) ?? [];
  const name = named(left, names);
  return name === undefined ? undefined : { name, value, sign: "+", adds: true };
}

function clausesOf(expression: string): { readonly clause: string; readonly parts: string[] }[] {
  const [before = "", ...pairs] = expression.split(/(?:^|\s+)(SET|REMOVE|ADD|DELETE)\s+/i);
  const clauses = before.trim() === "" ? [] : [{ clause: "", parts: [before] }];
  for (let at = 0; at < pairs.length; at += 2) {
    const parts = (pairs[at + 1] ?? "").split(",").map((part) => part.trim());
    clauses.push({ clause: (pairs[at] ?? "").toUpperCase(), parts });
  }
  return clauses;
}

/** The conditions that must all hold; undefined for an expression that says more. */
function conditionsIn(expression: string | undefined, names: Names): Condition[] | undefined {
  if (expression === undefined) return [];
  const conditions = expression.split(/\s+AND\s+/i).map((term) => conditionIn(term.trim(), names));
  const known = conditions.filter((condition) => condition !== undefined);
  return known.length === conditions.length ? known : undefined;
}

/** Parentheses around what is joined by AND alone change nothing. */
function conditionIn(term: string, names: Names): Condition | undefined {
  const [, not, exists, left, sign, value] =
    /^\(*(?:attribute_(not_)?exists\s*\(\s*([#\w]+)\s*\)|([#\w]+)\s*(=|<=?|>=?)\s*(:\w+))\)*$/.exec(term) ??
    [];
  const name = named(exists ?? left ?? "", names);
  if (name === undefined) return undefined;
  if (exists !== undefined) return { name, test: not ? "IS MISSING" : "IS NOT MISSING" };
  return sign === undefined || value === undefined ? undefined : { name, test: sign, value };
}

/** Whether they hold where there is no item. */
function holdsForNone(conditions: readonly Condition[] | undefined): boolean {
  return conditions?.every(({ test }) => test === "IS MISSING") ?? false;
}

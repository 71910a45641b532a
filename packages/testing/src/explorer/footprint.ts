// The footprint of a call: which items and queues it reads and writes. Two calls that have nothing in common, or only read
// what they have in common, can change places without any difference. An unknown call counts as touching everything.
import { readPartiql } from "@essentially-once/local-cloud/internal/permissions/requests/partiql";
import type { Call } from "./call.ts";

export interface Footprint {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

type Input = Readonly<Record<string, unknown>>;
type Key = Readonly<Record<string, unknown>> | undefined;

const everything = "*";

export function footprintOf({ command, input }: Pick<Call, "command" | "input">): Footprint {
  const given = (input ?? {}) as Input;
  switch (command) {
    case "GetItem":
      return reading([itemOf(given.TableName, given.Key as Key)]);
    case "BatchGetItem": {
      const asked = Object.entries(given.RequestItems as Record<string, { readonly Keys: readonly Key[] }>);
      return reading(asked.flatMap(([table, { Keys }]) => Keys.map((key) => itemOf(table, key))));
    }
    case "Query":
      return reading([partitionOf(given)]);
    case "PutItem":
      return writing([itemOf(given.TableName, given.Item as Key)]);
    case "UpdateItem":
    case "DeleteItem":
      return writing([itemOf(given.TableName, given.Key as Key)]);
    case "TransactWriteItems":
      return writing((given.TransactItems as readonly Record<string, Input>[]).map(itemOfAction));
    case "BatchExecuteStatement":
      return ofStatements(given.Statements as readonly Statement[]);
    default:
      if (typeof given.QueueUrl === "string") return writing([given.QueueUrl]);
      return writing([everything]);
  }
}

interface Statement {
  readonly Statement: string;
  readonly Parameters?: readonly { readonly S?: string }[];
}

function ofStatements(statements: readonly Statement[]): Footprint {
  const read = statements.map(({ Statement, Parameters }) => readPartiql(Statement, Parameters));
  const places = read.map((one) =>
    one?.id === undefined ? everything : itemOf(one.table, { id: { S: one.id } }),
  );
  return read.every((one) => one?.action === "PartiQLSelect") ? reading(places) : writing(places);
}

/** True when their order makes no difference. */
export function areIndependent(one: Footprint, other: Footprint): boolean {
  return !meets(one.writes, other) && !meets(other.writes, one);
}

function meets(writes: ReadonlySet<string>, { reads, writes: others }: Footprint): boolean {
  if (writes.size > 0 && (reads.has(everything) || others.has(everything))) return true;
  if (writes.has(everything) && reads.size > 0) return true;
  return [...writes].some((place) => reads.has(place) || others.has(place));
}

function reading(places: readonly string[]): Footprint {
  return { reads: new Set(places), writes: new Set() };
}

function writing(places: readonly string[]): Footprint {
  return { reads: new Set(), writes: new Set(places) };
}

function partitionOf(given: Input): string {
  const { TableName, ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = given;
  const [, name = "", value = ""] = /^(\S+) = (:\w+)/.exec(String(given.KeyConditionExpression)) ?? [];
  const attribute = (names as Record<string, string>)[name] ?? name;
  return attribute === "id" ? itemOf(TableName, { id: (values as Input)[value] }) : everything;
}

function itemOfAction(action: Readonly<Record<string, Input>>): string {
  const [write] = Object.values(action);
  return itemOf(write?.TableName, (write?.Key ?? write?.Item) as Key);
}

/** By partition key, which is `id` in every table: items that differ in the sort key only are taken for one. */
function itemOf(table: unknown, key: Key): string {
  return JSON.stringify([table, key?.id]);
}

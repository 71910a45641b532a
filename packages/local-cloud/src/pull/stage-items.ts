// Brings items of the stage into the local tables, each when a request of the handler names it for the first time.
//
//   Items are brought before a write as well as before a read: its condition is then judged as on the stage.
//   The stage is only read. What is written stays here.

import {
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import { type Answer, answerOf } from "../permissions/denial.ts";
import { operationOf, type SeenRequest } from "../permissions/requests/request.ts";
import { type Item, namedKeys, requestIn } from "./named-keys.ts";

export interface LocalTable {
  /** As the output of its stack is called. */
  readonly name: string;
  /** Absent: the stage has no such output. */
  readonly onStage?: string;
}

export interface StageItems {
  /** An answer in the place of the engine's, when the items cannot be brought. */
  bring(request: SeenRequest): Promise<Answer | undefined>;
  /** As they were on the stage, by table and key. */
  readonly brought: ReadonlyMap<string, Item>;
  keyOf(table: string, item: Item): Promise<Item>;
  readonly unanswered: ReadonlySet<string>;
  /** Why the stage could not be read. */
  failure(): Error | undefined;
}

export interface StageItemsOptions {
  readonly stage: DynamoDBClient;
  readonly local: DynamoDBClient;
  /** By the name of the local table. */
  readonly tables: ReadonlyMap<string, LocalTable>;
}

/** Without them the kit sends each of its writes alone, by name of its key. */
const PARTIQL = ["ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"];

export function stageItems({ stage, local, tables }: StageItemsOptions): StageItems {
  const brought = new Map<string, Item>();
  const asked = new Map<string, Promise<void>>();
  const schemas = new Map<string, Promise<readonly string[]>>();
  const unanswered = new Set<string>();
  let failure: Error | undefined;

  async function bring(request: SeenRequest): Promise<Answer | undefined> {
    const operation = operationOf(request);
    if (PARTIQL.includes(operation)) return answerOf("dynamodb", "PartiQL is not available in a pull");
    const body = requestIn(String(request.body ?? "{}"));
    try {
      if (operation === "Scan") return cannot(body, "Scan: a whole table is not brought");
      if (operation === "Query") return await bringQueried(body as unknown as QueryCommandInput);
      await Promise.all(namedKeys(body).map(({ table, item }) => bringOne(plainName(table), item)));
      return undefined;
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
      return answerOf("dynamodb", `the stage could not be read: ${failure.message}`);
    }
  }

  /** By the same query; then each item whole, since an index or a projection has only a part of it. */
  async function bringQueried(query: QueryCommandInput): Promise<Answer | undefined> {
    const table = plainName(query.TableName ?? "");
    const onStage = onStageOf(table);
    if (onStage === undefined) return undefined;
    const { Items = [], Count = 0 } = await stage.send(new QueryCommand({ ...query, TableName: onStage }));
    const names = await schemaOf(table);
    const hasKeys = Items.length === Count && Items.every((item) => names.every((name) => name in item));
    if (!hasKeys) return cannot({ ...query }, "Query: it does not ask for the keys of its items");
    await Promise.all(Items.map((item) => bringOne(table, item)));
    return undefined;
  }

  async function bringOne(table: string, item: Item): Promise<void> {
    const key = await keyOf(table, item);
    const id = idOf(table, key);
    const begun = asked.get(id) ?? fetchOne(table, key);
    asked.set(id, begun);
    await begun;
  }

  async function fetchOne(table: string, Key: Item): Promise<void> {
    const TableName = onStageOf(table);
    if (TableName === undefined) return;
    const { Item } = await stage.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    if (Item === undefined) return;
    brought.set(idOf(table, Key), Item);
    await local.send(new PutItemCommand({ TableName: table, Item }));
  }

  function onStageOf(table: string): string | undefined {
    const { name = table, onStage } = tables.get(table) ?? {};
    if (onStage === undefined)
      unanswered.add(`${name}: the stage has no output of this name, so it is empty`);
    return onStage;
  }

  function cannot({ TableName }: Record<string, unknown>, why: string): Answer {
    const { name = TableName } = tables.get(plainName(String(TableName))) ?? {};
    unanswered.add(`${name}: ${why}`);
    return answerOf("dynamodb", `${why} (a pull)`);
  }

  async function keyOf(table: string, item: Item): Promise<Item> {
    const names = await schemaOf(table);
    return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
  }

  function schemaOf(table: string): Promise<readonly string[]> {
    const known =
      schemas.get(table) ??
      local
        .send(new DescribeTableCommand({ TableName: table }))
        .then(({ Table }) => (Table?.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName));
    schemas.set(table, known);
    return known;
  }

  return { bring, brought, keyOf, unanswered, failure: () => failure };
}

export function idOf(table: string, key: Item): string {
  return JSON.stringify([table, ...Object.entries(key).sort()]);
}

/** A table may be named by its ARN. */
function plainName(table: string): string {
  return table.replace(/^.*:table\//, "");
}

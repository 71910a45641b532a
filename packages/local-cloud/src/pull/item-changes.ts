// What a run has changed in the local tables, and the messages among it.

import { isDeepStrictEqual } from "node:util";
import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { ItemChange, PulledMessage } from "@essentially-once/operator/internal/dead-letters/pulled";
import type { Item } from "./named-keys.ts";
import { idOf, type LocalTable, type StageItems } from "./stage-items.ts";

export async function itemChanges(options: {
  readonly local: DynamoDBClient;
  readonly tables: ReadonlyMap<string, LocalTable>;
  readonly items: Pick<StageItems, "brought" | "keyOf">;
}): Promise<ItemChange[]> {
  const { local, tables, items } = options;
  const lists = await Promise.all([...tables].map(([table, { name }]) => ofTable(table, name)));
  return lists.flat();

  async function ofTable(table: string, name: string): Promise<ItemChange[]> {
    const now = new Map<string, Item>();
    for (const item of await allOf(local, table)) now.set(idOf(table, await items.keyOf(table, item)), item);
    const then = [...items.brought].filter(([id]) => JSON.parse(id)[0] === table);
    const ids = new Set([...then.map(([id]) => id), ...now.keys()]);
    const changes = [...ids].map((id) =>
      changeOf(name, { before: items.brought.get(id), after: now.get(id) }),
    );
    const keys = await Promise.all(
      [...ids].map((id) => items.keyOf(table, now.get(id) ?? items.brought.get(id) ?? {})),
    );
    return changes.flatMap((change, index) =>
      change === undefined ? [] : [{ ...change, key: plain(keys[index] ?? {}) }],
    );
  }
}

/** Messages that the changed items carry to the relay, or that wait in them for their time. */
export function messagesIn(
  changes: readonly ItemChange[],
  consumersOf: (type: string) => readonly string[],
): PulledMessage[] {
  const found = new Map<string, PulledMessage>();
  for (const { before, after } of changes) {
    const old = new Set(textsIn(before));
    const due = typeof after?.due === "string" && typeof after.message === "string" ? after.due : undefined;
    for (const text of textsIn(after).filter((one) => !old.has(one))) {
      const { specversion, type, id } = eventIn(text);
      if (typeof specversion !== "string" || typeof type !== "string" || typeof id !== "string") continue;
      found.set(id, { type, id, to: consumersOf(type), ...(due !== undefined && { due }) });
    }
  }
  return [...found.values()];
}

function changeOf(table: string, { before, after }: { before?: Item | undefined; after?: Item | undefined }) {
  const [was, is] = [before && plain(before), after && plain(after)];
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  const attributes = names.filter((name) => !isDeepStrictEqual(was?.[name], is?.[name])).sort();
  if (attributes.length === 0) return undefined;
  const change = was === undefined ? "added" : is === undefined ? "removed" : "changed";
  return { table, change, attributes, ...(was && { before: was }), ...(is && { after: is }) } as const;
}

async function allOf(local: DynamoDBClient, TableName: string): Promise<Item[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await local.send(
      new ScanCommand({ TableName, ConsistentRead: true, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

/** Numbers keep their digits. */
function plain(item: Item): Record<string, unknown> {
  return unmarshall(
    { ...item },
    { wrapNumbers: (text) => (String(Number(text)) === text ? Number(text) : text) },
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Set) return [...value].flatMap(textsIn);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(textsIn);
}

function eventIn(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

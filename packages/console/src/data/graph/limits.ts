// The limits of consumers toward other systems: an open breaker, a rate that is behind. They are items of the evidence table.
//
//   A rate for each tenant has an item for each, under a name that is not known here: those are not told.

import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { NodeCounts } from "../../api/flow.ts";
import { whyOf } from "../why.ts";

/** Consumer → the names of its limits. */
export type LimitNames = ReadonlyMap<string, readonly string[]>;

export type LimitCounts = Pick<NodeCounts, "paused" | "rateBehindSeconds">;

export interface Limits {
  /** Consumer → what holds it. */
  readonly held: ReadonlyMap<string, LimitCounts>;
  /** What was not read, a sentence each. */
  readonly missing: readonly string[];
}

/** One whose table cannot be read takes no other with it. */
export async function readLimits(
  dynamodb: DynamoDBClient,
  { queues, names, nowMs }: { queues: readonly ConsumerQueue[]; names: LimitNames; nowMs: number },
): Promise<Limits> {
  const limited = queues.flatMap(({ consumer, evidenceTable }) =>
    (names.get(consumer) ?? []).map((limit) => ({ consumer, evidenceTable, limit })),
  );
  const items = new Map<string, Record<string, unknown>>();
  const keys = new Map(
    limited.flatMap(({ evidenceTable: table, limit }) =>
      [breakerId(limit), rateId(limit)].map((id) => [`${table} ${id}`, { table, id }]),
    ),
  );
  const refused = new Map<string, string>();
  await Promise.all(
    [...keys].map(async ([key, { table, id }]) => {
      try {
        const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: marshall({ id }) }));
        if (Item) items.set(key, unmarshall(Item));
      } catch (error) {
        refused.set(table, whyOf(error));
      }
    }),
  );
  const held = new Map<string, LimitCounts>();
  for (const { consumer, evidenceTable, limit } of limited) {
    const of = (id: string) => items.get(`${evidenceTable} ${id}`);
    held.set(consumer, {
      ...held.get(consumer),
      ...behindBy(of(rateId(limit)), nowMs),
      ...openBreaker(limit, of(breakerId(limit)), nowMs),
    });
  }
  const missing = new Set(
    limited.flatMap(({ consumer, evidenceTable }) => {
      const why = refused.get(evidenceTable);
      return why === undefined ? [] : `The limits of ${consumer} were not read: ${why}.`;
    }),
  );
  return { held, missing: [...missing] };
}

/** The ids of `limit-item.ts`; a test holds them to what the kit writes. */
function breakerId(limit: string): string {
  return `limit#${limit}#breaker`;
}

function rateId(limit: string): string {
  return `limit#${limit}#rate`;
}

function openBreaker(limit: string, item: Record<string, unknown> | undefined, nowMs: number): LimitCounts {
  const openings = Number(item?.openings ?? 0);
  if (item === undefined || openings === 0) return {};
  const untilMs = Number(item.openUntilMs);
  const how = untilMs > nowMs ? "open" : "half open, a few messages try whether it is back";
  const times = openings > 1 ? `, opened ${openings} times` : "";
  return {
    paused: {
      by: "breaker",
      since: new Date(Number(item.openedMs)).toISOString(),
      ...(untilMs > nowMs && { until: new Date(untilMs).toISOString() }),
      reason: `${limit} is ${how}${times}`,
    },
  };
}

/** Its tokens are sold ahead: so long a new message waits. */
function behindBy(item: Record<string, unknown> | undefined, nowMs: number): LimitCounts {
  const seconds = Math.floor((Number(item?.nextUs ?? 0) / 1_000 - nowMs) / 1_000);
  return seconds >= 1 ? { rateBehindSeconds: seconds } : {};
}

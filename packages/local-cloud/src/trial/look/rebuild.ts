// An operator in a hurry: runs a projection by hand instead of waiting for its schedule, until its state is even with
// the journal; then has it built again from the beginning beside the state that serves.
//
//   G10. The rebuilt generation takes over when it is even; the old one stays in the table to compare with.

import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { generationPrefix, generationStore } from "@essentially-once/messaging/internal/pull/generation";
import { offsets } from "@essentially-once/messaging/internal/pull/offset";
import { journal } from "@essentially-once/messaging/journal";
import type { LocalCloud } from "../../cloud.ts";
import { readTable } from "./tables.ts";

export interface ProjectionOf {
  /** The name in its contract. */
  readonly name: string;
  /** The construct path of its function: `Insights/BuildStatement`. */
  readonly path: string;
  /** The output that names its service's table. */
  readonly table: string;
}

const PAUSE_MS = 100;

/** Throws `NotEven`, which names the step that was not reached, when the timeout expires. */
export async function rebuildProjection(
  cloud: Pick<LocalCloud, "invoke" | "output" | "clients">,
  { name, path, ...projection }: ProjectionOf,
  { withinMs }: { withinMs: number },
): Promise<void> {
  const { dynamodb } = cloud.clients;
  const table = cloud.output(projection.table);
  const log = journal({ table: cloud.output("JournalTable"), client: dynamodb });
  const generations = generationStore({ name, table, client: () => dynamodb });
  const deadline = performance.now() + withinMs;

  const { serving } = await generations.read();
  await runUntil(isEven, {}, "is not even with the journal");
  await runUntil(isBegun, { rebuild: true }, "did not begin its rebuild");
  await runUntil(isServing, {}, "does not serve what it rebuilt");

  async function runUntil(reached: () => Promise<boolean>, event: unknown, otherwise: string): Promise<void> {
    let said = "";
    while (!(await reached())) {
      if (said !== "" && performance.now() > deadline)
        throw new NotEven(`${name} ${otherwise} after ${withinMs / 1000} s.${said}`);
      const { outcome, error } = await cloud.invoke(path, event);
      said = ` The last run: ${outcome}${error ? `, ${error.message}` : ""}.`;
      if (outcome !== "ok") await sleep(PAUSE_MS);
    }
  }

  async function isEven(): Promise<boolean> {
    const places = offsets({ table, prefix: generationPrefix(name, serving), client: () => dynamodb });
    for (let partition = 0; partition < log.partitions; partition++) {
      const after = await places.read(partition);
      if ((await log.read({ partition, after, limit: 1 })).length > 0) return false;
    }
    return true;
  }

  async function isBegun(): Promise<boolean> {
    return (await generations.read()).building !== undefined || isServing();
  }

  async function isServing(): Promise<boolean> {
    return (await generations.read()).serving > serving;
  }
}

export class NotEven extends Error {
  override readonly name = "NotEven";
}

export interface GenerationItems<Item> {
  /** The generation that readers get. */
  readonly serving: number;
  /** Generation → its items. One that no longer serves stays in the table. */
  readonly items: ReadonlyMap<number, readonly Item[]>;
}

/** The items of one kind in a projection's state, with the ids that the projection gave them. */
export async function readGenerations<Item extends { readonly id: string }>(
  client: DynamoDBClient,
  { name, table, kind }: { name: string; table: string; kind: string },
): Promise<GenerationItems<Item>> {
  const { serving } = await generationStore({ name, table, client: () => client }).read();
  const all = await readTable<Item>(client, table);
  const items = Array.from({ length: serving }, (_, index): [number, Item[]] => {
    const prefix = `${generationPrefix(name, index + 1)}#${kind}#`;
    const theirs = all.filter(({ id }) => id.startsWith(prefix));
    return [index + 1, theirs.map((item) => ({ ...item, id: item.id.slice(prefix.length) }))];
  });
  return { serving, items: new Map(items) };
}

// An operator in a hurry: runs the projection by hand instead of waiting for its schedule, until the statements
// are even with the journal; then has them built again from the beginning beside those that serve.
//
//   G10. The rebuilt generation takes over when it is even; the old one stays in the table to compare with.

import { setTimeout as sleep } from "node:timers/promises";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { generationPrefix, generationStore } from "@essentially-once/messaging/internal/pull/generation";
import { offsets } from "@essentially-once/messaging/internal/pull/offset";
import { journal } from "@essentially-once/messaging/journal";
import { STATEMENT_PROJECTION } from "./insights.ts";

const FUNCTION_PATH = "Insights/BuildStatement";
const PAUSE_MS = 100;

/** Throws `NotEven`, which says what did not come about, when the time is over. */
export async function rebuildStatements(
  cloud: Pick<LocalCloud, "invoke" | "output" | "clients">,
  { withinMs }: { withinMs: number },
): Promise<void> {
  const { dynamodb } = cloud.clients;
  const table = cloud.output("InsightsTable");
  const log = journal({ table: cloud.output("JournalTable"), client: dynamodb });
  const generations = generationStore({ name: STATEMENT_PROJECTION, table, client: () => dynamodb });
  const deadline = performance.now() + withinMs;

  const { serving } = await generations.read();
  await runUntil(isEven, {}, "The statements are not even with the journal");
  await runUntil(isBegun, { rebuild: true }, "The rebuild of the statements did not begin");
  await runUntil(isServing, {}, "The rebuilt statements do not serve");

  async function runUntil(reached: () => Promise<boolean>, event: unknown, otherwise: string): Promise<void> {
    let said = "";
    while (!(await reached())) {
      if (said !== "" && performance.now() > deadline)
        throw new NotEven(`${otherwise} after ${withinMs / 1000} s.${said}`);
      const { outcome, error } = await cloud.invoke(FUNCTION_PATH, event);
      said = ` The last run: ${outcome}${error ? `, ${error.message}` : ""}.`;
      if (outcome !== "ok") await sleep(PAUSE_MS);
    }
  }

  async function isEven(): Promise<boolean> {
    const prefix = generationPrefix(STATEMENT_PROJECTION, serving);
    const places = offsets({ table, prefix, client: () => dynamodb });
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

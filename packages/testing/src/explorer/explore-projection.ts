// For projections of your own: what `exploreCrashes` does for the handler of a queue.
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { journal } from "@essentially-once/messaging/journal";
import type { Figures } from "./explore.ts";
import { type CrashScenario, exploreUser } from "./explore-crashes.ts";
import type { HandlerSource } from "./program.ts";

export type ProjectionScenario = Pick<
  CrashScenario,
  "tables" | "environment" | "open" | "invariant" | "depth" | "harmless"
> & {
  /** What the journal gets, in order. Runs share it. */
  readonly messages: (unique: string) => readonly string[];
};

const appendMs = 10_000;

/**
 * Runs a projection under every crash, on the schedule's beat, until it has pulled all of the journal.
 * @throws Error with the shortest counterexample: which fault at which call, what then did not hold, and all calls
 */
export async function exploreProjection(
  handler: HandlerSource,
  { messages, invariant, depth = 1, harmless = {}, tables, ...plan }: ProjectionScenario,
): Promise<Figures> {
  return exploreUser(
    {
      name: String(handler),
      without: {
        busy: "a record of a journal has no attempts: a run that is held is begun again by the schedule",
      },
      sandbox: { ...plan, tables: { JOURNAL_TABLE: { sortKey: "sequence" }, ...tables } },
      functions: [{ handler, by: { kind: "schedule", everySeconds: 60, isQuiet } }],
      async begin(sandbox, unique) {
        const log = journal({ table: sandbox.table("JOURNAL_TABLE"), client: sandbox.clients.dynamodb });
        const journalMessages = messages(unique).map((body) => ({ body, envelope: readEnvelope(body) }));
        await log.append(journalMessages, { deadlineMs: Date.now() + appendMs });
        return {
          async violations() {
            try {
              await invariant(sandbox, unique);
              return [];
            } catch (error) {
              return [error instanceof Error ? error.message : String(error)];
            }
          },
        };
      },
    },
    { depth, harmless },
  );
}

/** Nothing was pulled, and nothing is being built. */
function isQuiet(response: unknown): boolean {
  const { records, building } = response as { records: number; building?: number };
  return records === 0 && building === undefined;
}

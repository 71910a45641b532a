// The relay under faults: two rows with three messages of one key go to a FIFO queue, a standard queue and the
// journal. By the stream, by the sweeper alone, or by both at the same time.
import { asciiJson } from "../../../functions/messaging/envelope.ts";
import { journal } from "../../../functions/messaging/journal.ts";
import { anEnvelope } from "../../support/an-envelope.ts";
import type { Scenario, ScenarioFunction } from "../explorer/scenario.ts";
import type { Stage } from "../explorer/stage.ts";
import { takeAll } from "../explorer/stage-resources.ts";

export type RelayWay = "stream" | "sweeper" | "race";

/** Looks until nothing is left. */
export const sweeper: ScenarioFunction = {
  handler: "functions/outbox/sweep.ts",
  by: {
    kind: "schedule",
    everySeconds: 61,
    isQuiet: (response) => (response as { rows: number }).rows === 0,
  },
};

const ways: Readonly<Record<RelayWay, readonly ScenarioFunction[]>> = {
  stream: [
    { handler: "functions/outbox/publish.ts", by: { kind: "stream", table: "OUTBOX_TABLE" } },
    sweeper,
  ],
  sweeper: [
    { handler: "functions/outbox/publish.ts", by: { kind: "stream", table: "OUTBOX_TABLE", down: true } },
    sweeper,
  ],
  race: [
    {
      handler: "test/guarantees/scenarios/handlers/race.ts",
      by: { kind: "stream", table: "OUTBOX_TABLE" },
    },
    sweeper,
  ],
};

export function publisherScenario(way: RelayWay): Scenario {
  return {
    name: `relay by ${way}`,
    stage: {
      guarded: true,
      tables: { JOURNAL_TABLE: { sortKey: "sequence" } },
      queues: { ordered: { fifo: true }, fair: {} },
      environment: (stage) => ({ ROUTES: routesOf(stage) }),
    },
    functions: ways[way],
    async begin(stage, unique) {
      const ids = [1, 2, 3].map((n) => `${unique}-${n}`);
      const createdAt = (n: number) => new Date(Date.now() - 120_000 + n).toISOString();
      const [first = "", second = "", third = ""] = ids.map((id) =>
        asciiJson(anEnvelope({ id, source: "/bank", type: "explored.sent.v1", partitionkey: unique })),
      );
      await stage.put("OUTBOX_TABLE", {
        id: `${unique}-r1`,
        createdAt: createdAt(1),
        messages: [first, second],
      });
      await stage.put("OUTBOX_TABLE", { id: `${unique}-r2`, createdAt: createdAt(2), messages: [third] });
      return {
        async violations() {
          const ordered = firstTimes(await bodiesIn(stage, "ordered"));
          const fair = firstTimes(await bodiesIn(stage, "fair")).sort();
          const log = journal({ table: stage.table("JOURNAL_TABLE"), client: stage.clients.dynamodb });
          const logged = await journalIds(log, unique);
          const rows = await Promise.all(
            ["r1", "r2"].map((row) => stage.get("OUTBOX_TABLE", `${unique}-${row}`)),
          );
          return [
            ...differs("G4: the FIFO queue has", ordered, ids),
            ...differs("G3: the standard queue has", fair, ids),
            ...differs("G2: the journal has", logged, ids),
            ...(rows.some(Boolean) ? ["G3: a row is still in the outbox"] : []),
          ];
        },
      };
    },
  };
}

function routesOf(stage: Stage): string {
  return JSON.stringify({ "explored.sent.v1": [stage.queue("ordered").url, stage.queue("fair").url] });
}

async function bodiesIn(stage: Stage, queue: string): Promise<string[]> {
  return (await takeAll(stage.plain, stage.queue(queue).url)).map(({ body }) => body);
}

function firstTimes(bodies: readonly string[]): string[] {
  return [...new Set(bodies.map((body) => (JSON.parse(body) as { id: string }).id))];
}

async function journalIds(log: ReturnType<typeof journal>, key: string): Promise<string[]> {
  const ids: string[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    for (const { body } of await log.read({ partition, after: 0, limit: 1_000 })) {
      const { id, partitionkey } = JSON.parse(body) as { id: string; partitionkey: string };
      if (partitionkey === key) ids.push(id);
    }
  }
  return ids;
}

function differs(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  return found.join() === wanted.join() ? [] : [`${what} ${found.join() || "nothing"}, and not ${wanted}`];
}

// Scheduled messages under faults: one that comes, one that is canceled, one that is moved; and the same while the dispatcher
// is at the same items. Wake-ups are lost: the dispatcher runs by its schedule alone.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { itemId, putWrite } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";
import { nothingParked } from "./deposits.ts";
import { Planned, planner, Rang, type Timer } from "./handlers/timers.ts";

/** Looks until nothing is due. */
const dispatcher: ScenarioFunction = {
  handler: "functions/relay/dispatch.ts",
  by: {
    kind: "schedule",
    everySeconds: 61,
    isQuiet: (response) => (response as { found: number }).found === 0,
  },
};

const publisher: ScenarioFunction = {
  handler: "functions/relay/publish.ts",
  by: { kind: "stream", table: "ORDERED_OUTBOX_TABLE" },
};

/** @param race the dispatcher runs beside each batch, and everything is due already */
export function schedulesScenario({ race = false } = {}): Scenario {
  const handler = `packages/proofs/scenarios/handlers/schedules${race ? "-race" : ""}.ts`;
  return {
    name: race ? "schedules, dispatch by race" : "schedules",
    sandbox: {
      guarded: true,
      tables: {
        TIMERS_TABLE: {},
        JOURNAL_TABLE: { sortKey: "sequence" },
      },
      queues: { main: {}, wakes: {} },
      environment: (sandbox) => ({
        ROUTES: JSON.stringify({ [Rang.type]: [sandbox.queue("main").url] }),
        WAKE_UP_QUEUE_URL: sandbox.queue("wakes").url,
      }),
    },
    functions: [publisher, dispatcher, { handler, by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      const nowMs = Date.now();
      const [kept, canceled, moved] = ["kept", "canceled", "moved"].map((name) => `${name}-${unique}`) as [
        string,
        string,
        string,
      ];
      const atMs = race ? nowMs - 1_000 : nowMs + 30_000;
      if (race) for (const timer of [canceled, moved]) await waits(sandbox, timer, atMs);
      else for (const timer of [canceled, moved]) await plan(sandbox, { timer, does: "schedule", atMs });
      await plan(sandbox, { timer: kept, does: "schedule", atMs });
      await plan(sandbox, { timer: canceled, does: "cancel", atMs: 0 });
      await plan(sandbox, { timer: moved, does: "move", atMs: nowMs + 50_000 });
      return {
        async violations() {
          const left = (await sandbox.items("SCHEDULES_TABLE")).filter(({ key }) =>
            String(key).endsWith(unique),
          );
          return [
            ...rings(await timerOf(sandbox, kept), 1),
            ...rings(await timerOf(sandbox, canceled), (await timerOf(sandbox, canceled)).canceled ? 0 : 1),
            ...rings(await timerOf(sandbox, moved), 1),
            ...left.map(({ key }) => `G12: ${String(key)} is still scheduled`),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

async function plan(sandbox: Sandbox, data: Parameters<typeof Planned.from>[0]): Promise<void> {
  const id = `${data.does}-${data.timer}`;
  const message = anEnvelope({ ...Planned.from(data), id, source: "/bank" });
  await sandbox.send("main", { body: asciiJson(message), key: data.timer });
}

/** As a unit of work has left it before. */
async function waits(sandbox: Sandbox, timer: string, dueMs: number): Promise<void> {
  const message = anEnvelope({ ...Rang.from({ timer }), id: `rang-${timer}`, source: `/${planner.name}` });
  const id = itemId(planner.name, timer);
  const { Put } = putWrite(sandbox.table("SCHEDULES_TABLE"), { id, key: timer, message, dueMs });
  await sandbox.plain.dynamodb.send(new PutItemCommand({ TableName: Put?.TableName, Item: Put?.Item }));
}

async function timerOf(sandbox: Sandbox, id: string): Promise<Timer> {
  const timer = (await sandbox.get("TIMERS_TABLE", id)) as Timer | undefined;
  return timer ?? { id, version: 0, rang: 0, early: 0 };
}

function rings({ id, rang, early }: Timer, wanted: number): string[] {
  return [
    ...(rang === wanted ? [] : [`G12: ${id} rang ${rang} times, and not ${wanted}`]),
    ...(early > 0 ? [`G12: ${id} rang before its time`] : []),
  ];
}

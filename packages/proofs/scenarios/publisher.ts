// The relay under faults: rows of one key, and one of another, go to a FIFO queue, a standard queue and the journal, over
// a stream of several shards that are split on the way. By the stream, by the sweeper alone, or by both at the same time.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { writesWithRows } from "@essentially-once/messaging/internal/commit/outbox";
import { journal } from "@essentially-once/messaging/journal";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import { takeAll } from "@essentially-once/testing/internal/explorer/sandbox-resources";
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";

export type RelayWay = "stream" | "sweeper" | "race";

/** Looks until nothing is left. */
export const sweeper: ScenarioFunction = {
  handler: "functions/relay/sweep.ts",
  by: {
    kind: "schedule",
    everySeconds: 61,
    isQuiet: (response) => (response as { rows: number }).rows === 0,
  },
};

/** The same, when copies stay that cannot be delivered. */
const sweeperLeaving: ScenarioFunction = {
  ...sweeper,
  by: {
    kind: "schedule",
    everySeconds: 61,
    isQuiet: (response) => {
      const { rows, stranded = 0 } = response as { rows: number; stranded?: number };
      return rows === stranded;
    },
  },
};

/** Given up after one try, so that rows are left behind; a record a generation of shards. */
const stream = { kind: "stream", batchSize: 1, retriesMax: 0, recordsAGeneration: 1 } as const;

function functionsOf(way: RelayWay, { table, gone }: { table: string; gone: boolean }): ScenarioFunction[] {
  const handler =
    way === "race" ? "packages/proofs/scenarios/handlers/race.ts" : "functions/relay/publish.ts";
  return [{ handler, by: { ...stream, table, down: way === "sweeper" } }, gone ? sweeperLeaving : sweeper];
}

/**
 * @param former the rows are in the form and the table of older releases
 * @param gone a third queue that is registered is not there
 */
export function publisherScenario(way: RelayWay, { former = false, gone = false } = {}): Scenario {
  const table = former ? "OUTBOX_TABLE" : "ORDERED_OUTBOX_TABLE";
  return {
    name: `relay${former ? " of former rows" : ""} by ${way}${gone ? ", a queue gone" : ""}`,
    sandbox: {
      guarded: true,
      tables: { JOURNAL_TABLE: { sortKey: "sequence" } },
      queues: { ordered: { fifo: true }, fair: {} },
      environment: (sandbox) => ({ ROUTES: routesOf(sandbox, gone) }),
    },
    functions: functionsOf(way, { table, gone }),
    async begin(sandbox, unique) {
      const ids = [1, 2, 3].map((n) => `${unique}-${n}`);
      const [first = "", second = "", third = ""] = ids;
      if (former) await putFormer(sandbox, unique, [first, second, third]);
      else {
        const ageMs = way === "stream" ? 0 : 120_000;
        const after = await putRow(sandbox, { unique, ids: [first, second], ageMs });
        await putRow(sandbox, { unique, ids: [third], ageMs, after });
      }
      return {
        async violations() {
          const ordered = firstTimes(await bodiesIn(sandbox, "ordered"));
          const fair = firstTimes(await bodiesIn(sandbox, "fair")).sort();
          const log = journal({ table: sandbox.table("JOURNAL_TABLE"), client: sandbox.clients.dynamodb });
          const logged = await journalIds(log, unique);
          const rows = (await sandbox.items(table)).filter(({ messages }) =>
            String(messages).includes(unique),
          );
          return [
            ...differs("G4: the FIFO queue has", ordered, ids),
            ...differs("G3: the standard queue has", fair, ids),
            ...differs("G2: the journal has", logged, ids),
            ...(gone
              ? differs("G3: the messages that wait for the deleted queue are", strandedIds(rows), ids)
              : rows.length > 0
                ? ["G3: a row is still in the outbox"]
                : []),
          ];
        },
      };
    },
  };
}

interface Commit {
  readonly unique: string;
  readonly ids: readonly string[];
  readonly ageMs: number;
  /** The stamp of the commit that this one has read. */
  readonly after?: string;
}

/** Puts the row of a commit; returns its stamp. */
async function putRow(sandbox: Sandbox, { unique, ids, ageMs, after }: Commit): Promise<string> {
  const messages = ids.map((id) => messageOf(unique, id));
  const place = { table: () => sandbox.table("ORDERED_OUTBOX_TABLE"), id: `commit-${ids[0]}` };
  const [row] = writesWithRows({ writes: [], messages }, place);
  const { TableName, Item } = row?.Put ?? {};
  const createdAt = { S: new Date(Date.now() - ageMs).toISOString() };
  await sandbox.plain.dynamodb.send(
    new PutItemCommand({ TableName, Item: { ...Item, createdAt, ...(after && { after: { S: after } }) } }),
  );
  return String(Item?.place?.S).split("#")[0] ?? "";
}

/** As releases before had it: in one row, since two of a key had no order. */
async function putFormer(sandbox: Sandbox, unique: string, ids: readonly string[]): Promise<void> {
  const messages = ids.map((id) => asciiJson(messageOf(unique, id)));
  const createdAt = new Date(Date.now() - 120_000).toISOString();
  await sandbox.put("OUTBOX_TABLE", { id: `${unique}-r1`, createdAt, messages });
}

function messageOf(partitionkey: string, id: string) {
  return anEnvelope({ id, source: "/bank", type: "explored.sent.v1", partitionkey });
}

function routesOf(sandbox: Sandbox, gone: boolean): string {
  const [ordered, fair] = [sandbox.queue("ordered").url, sandbox.queue("fair").url];
  return JSON.stringify({ "explored.sent.v1": [ordered, fair, ...(gone ? [`${fair}-gone`] : [])] });
}

/** Of rows that go to that queue alone; any other row is named as it is. */
function strandedIds(rows: readonly Record<string, unknown>[]): string[] {
  const found = rows.flatMap(({ id, queue, messages }) =>
    String(queue).endsWith("-gone")
      ? (messages as string[]).map((body) => (JSON.parse(body) as { id: string }).id)
      : [`the row ${String(id)}`],
  );
  return [...new Set(found)].sort();
}

async function bodiesIn(sandbox: Sandbox, queue: string): Promise<string[]> {
  return (await takeAll(sandbox.plain, sandbox.queue(queue).url)).map(({ body }) => body);
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

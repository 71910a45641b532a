// Data that are too large to travel, under faults: put before the commit, kept for the journal, read by the consumer. Every
// large message comes back whole and once, and stays readable for who reads the journal later.
import { GetObjectCommand, NoSuchKey } from "@aws-sdk/client-s3";
import { claimIdIn, keptPrefix } from "@essentially-once/messaging/internal/envelope/claim-place";
import { journal } from "@essentially-once/messaging/journal";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { claimBucket, type Stage } from "@essentially-once/testing/internal/explorer/stage";
import { bodiesOf } from "./deposits.ts";
import { largeText, Told } from "./handlers/messages.ts";
import { sweeper } from "./publisher.ts";
import { alteredOnTheWay } from "./tampering.ts";

export function claimsScenario(): Scenario {
  return {
    name: "large data by claim check",
    tampering: true,
    stage: {
      guarded: true,
      tables: { ACCOUNTS_TABLE: {}, JOURNAL_TABLE: { sortKey: "sequence" } },
      queues: { main: {}, large: {} },
      environment: (stage) => ({ ROUTES: JSON.stringify({ [Told.type]: [stage.queue("large").url] }) }),
    },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/tells.ts", by: { kind: "queue", queue: "main" } },
      {
        handler: "functions/relay/publish.ts",
        by: { kind: "stream", table: "ORDERED_OUTBOX_TABLE" },
      },
      sweeper,
      { handler: "packages/proofs/scenarios/handlers/hears.ts", by: { kind: "queue", queue: "large" } },
    ],
    async begin(stage, unique) {
      const bodies = bodiesOf(unique, [{ account: unique, amount: 1 }]);
      await stage.send("main", ...bodies.map((body) => ({ body })));
      return {
        async violations() {
          const text = largeText(unique);
          const told = await journaled(stage, unique);
          const altered = await alteredOnTheWay(
            stage,
            "large",
            told.map(({ body }) => body),
          );
          const texts = ((await stage.get("ACCOUNTS_TABLE", unique))?.texts ?? []) as string[];
          const untold = await alteredOnTheWay(stage, "main", bodies);
          const wanted = untold.ids.length > 0 ? 0 : 1;
          const isRight = texts.length === wanted || (texts.length === 0 && altered.ids.length > 0);
          return [
            ...(told.length === wanted
              ? []
              : [`G3: the journal has ${told.length} messages, and not ${wanted}`]),
            ...(told.every(({ kept }) => kept === JSON.stringify({ account: unique, text }))
              ? []
              : ["G10: what the journal refers to is not kept whole"]),
            ...(isRight ? [] : [`G2: the text was heard ${texts.length} times`]),
            ...(texts.every((heard) => heard === text) ? [] : ["G2: the text did not come back whole"]),
            ...altered.violations,
            ...untold.violations,
            ...(await leftInOutbox(stage, unique)),
          ];
        },
      };
    },
  };
}

async function leftInOutbox(stage: Stage, unique: string): Promise<string[]> {
  const rows = await stage.rows({ producer: "explored-tells", key: unique });
  return rows.length > 0 ? ["G3: the row is still in the outbox"] : [];
}

interface InJournal {
  readonly body: string;
  readonly kept: string | undefined;
}

async function journaled(stage: Stage, account: string): Promise<InJournal[]> {
  const log = journal({ table: stage.table("JOURNAL_TABLE"), client: stage.clients.dynamodb });
  const found: InJournal[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    for (const { body } of await log.read({ partition, after: 0, limit: 1_000 })) {
      const { partitionkey, dataref = "" } = JSON.parse(body) as { partitionkey: string; dataref?: string };
      if (partitionkey === account) found.push({ body, kept: await keptText(stage, dataref) });
    }
  }
  return found;
}

async function keptText({ clients: { s3 } }: Stage, dataref: string): Promise<string | undefined> {
  const Key = `${keptPrefix}${claimIdIn(dataref, claimBucket)}`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: claimBucket, Key }));
    const text = await Body?.transformToString();
    return text && JSON.stringify(JSON.parse(text));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

// Data that are too large to travel, under faults: put before the commit, kept for the journal, read by the consumer. Every
// large message comes back whole and once, and stays readable for who reads the journal later.
import { GetObjectCommand, NoSuchKey } from "@aws-sdk/client-s3";
import { claimIdIn, keptPrefix } from "@essentially-once/messaging/internal/envelope/claim-place";
import { journal } from "@essentially-once/messaging/journal";
import { claimBucket, type Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { bodiesOf } from "./deposits.ts";
import { largeText, Told } from "./handlers/messages.ts";
import { sweeper } from "./publisher.ts";
import { alteredOnTheWay } from "./tampering.ts";

export function claimsScenario(): Scenario {
  return {
    name: "large data by claim check",
    tampering: true,
    sandbox: {
      guarded: true,
      tables: { ACCOUNTS_TABLE: {}, JOURNAL_TABLE: { sortKey: "sequence" } },
      queues: { main: {}, large: {} },
      environment: (sandbox) => ({ ROUTES: JSON.stringify({ [Told.type]: [sandbox.queue("large").url] }) }),
    },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/publish-large.ts",
        by: { kind: "queue", queue: "main" },
      },
      {
        handler: "functions/relay/publish.ts",
        by: { kind: "stream", table: "ORDERED_OUTBOX_TABLE" },
      },
      sweeper,
      {
        handler: "packages/proofs/scenarios/handlers/receive-large.ts",
        by: { kind: "queue", queue: "large" },
      },
    ],
    async begin(sandbox, unique) {
      const bodies = bodiesOf(unique, [{ account: unique, amount: 1 }]);
      await sandbox.send("main", ...bodies.map((body) => ({ body })));
      return {
        async violations() {
          const text = largeText(unique);
          const told = await journaled(sandbox, unique);
          const altered = await alteredOnTheWay(
            sandbox,
            "large",
            told.map(({ body }) => body),
          );
          const texts = ((await sandbox.get("ACCOUNTS_TABLE", unique))?.texts ?? []) as string[];
          const untold = await alteredOnTheWay(sandbox, "main", bodies);
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
            ...(await leftInOutbox(sandbox, unique)),
          ];
        },
      };
    },
  };
}

async function leftInOutbox(sandbox: Sandbox, unique: string): Promise<string[]> {
  const rows = await sandbox.rows({ producer: "explored-publish-large", key: unique });
  return rows.length > 0 ? ["G3: the row is still in the outbox"] : [];
}

interface InJournal {
  readonly body: string;
  readonly kept: string | undefined;
}

async function journaled(sandbox: Sandbox, account: string): Promise<InJournal[]> {
  const log = journal({ table: sandbox.table("JOURNAL_TABLE"), client: sandbox.clients.dynamodb });
  const found: InJournal[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    for (const { body } of await log.read({ partition, after: 0, limit: 1_000 })) {
      const { partitionkey, dataref = "" } = JSON.parse(body) as { partitionkey: string; dataref?: string };
      if (partitionkey === account) found.push({ body, kept: await keptText(sandbox, dataref) });
    }
  }
  return found;
}

async function keptText({ clients: { s3 } }: Sandbox, dataref: string): Promise<string | undefined> {
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

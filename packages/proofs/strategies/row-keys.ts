// Strategies of an outbox whose stream has several shards: what its rows are keyed by, and what is sent before a row. Two
// rows of one key go to a FIFO queue; what the stream gives up is left to a sweeper.

import { shardsDefault, streamLineage } from "@essentially-once/local-cloud/internal/mappings/stream-lineage";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import { takeAll } from "@essentially-once/testing/internal/explorer/sandbox-resources";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { type Calls, deleteWrite, openCalls } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Keys {
  /** What the partition key of a row is made of. */
  readonly by: "message" | "key";
  /** Rows of the same key that were left behind are sent first. */
  readonly olderFirst?: boolean;
}

export const rowKeyStrategies: readonly Strategy[] = [
  {
    name: "outbox rows keyed by their message",
    because: "two rows of a key can be in two shards, which have no common order",
    holds: false,
    scenario: scenarioOf("rows keyed by message", { by: "message" }),
  },
  {
    name: "outbox rows keyed by their message, older ones of the key first",
    because: "older rows of the key cannot be queried: they have other partition keys",
    holds: false,
    scenario: scenarioOf("rows keyed by message, older first", { by: "message", olderFirst: true }),
  },
  {
    name: "outbox rows keyed by producer and key, sent as the stream brings them",
    because: "the next row overtakes one that the stream gave up",
    holds: false,
    scenario: scenarioOf("rows keyed by key", { by: "key" }),
  },
  {
    name: "outbox rows keyed by producer and key, older ones of the key first",
    because: "one shard keeps their commit order, and rows it gave up are found",
    holds: true,
    scenario: scenarioOf("rows keyed by key, older first", { by: "key", olderFirst: true }),
  },
];

function scenarioOf(name: string, keys: Keys): Scenario {
  return {
    name,
    sandbox: {
      queues: { ordered: { fifo: true } },
      environment: (sandbox) => ({ ORDERED_QUEUE_URL: sandbox.queue("ordered").url }),
    },
    functions: [
      {
        name: "relay",
        handler: () => relay(keys),
        by: {
          kind: "stream",
          table: "ORDERED_OUTBOX_TABLE",
          batchSize: 1,
          retriesMax: 0,
        },
      },
      {
        name: "sweeper",
        handler: () => sweeper(keys),
        by: { kind: "schedule", everySeconds: 60, isQuiet: (rows) => rows === 0 },
      },
    ],
    async begin(sandbox, unique) {
      const bodies = ["1", "2"].map((n) => `${unique}-${n}`);
      for (const [index, body] of bodies.entries()) {
        const id = keys.by === "key" ? unique : idInShard(unique, bodies.length - index);
        await sandbox.put("ORDERED_OUTBOX_TABLE", { id, place: body, body, key: unique });
      }
      return {
        async violations() {
          const all = (await takeAll(sandbox.plain, sandbox.queue("ordered").url)).map(({ body }) => body);
          const sent = [...new Set(all)].map((body) => body.slice(unique.length + 1)).join();
          return sent === "1,2" ? [] : [`G4: the messages of the key are sent as ${sent || "none"}`];
        },
      };
    },
  };
}

interface Row {
  readonly id: string;
  readonly place: string;
  readonly body: string;
  readonly key: string;
}

/** What cannot be sent ends the batch: the stream brings the rest again, or gives it up. */
function relay(keys: Keys): Handler {
  const calls = openCalls();
  return async function relayBatch(event: unknown): Promise<void> {
    for (const { dynamodb, eventName } of (event as DynamoDBStreamEvent).Records) {
      const { id, place, body, key } = dynamodb?.NewImage ?? {};
      if (eventName !== "INSERT") continue;
      await sendRow(calls, keys, {
        id: id?.S ?? "",
        place: place?.S ?? "",
        body: body?.S ?? "",
        key: key?.S ?? "",
      });
    }
  };
}

function sweeper(keys: Keys): Handler {
  const calls = openCalls();
  return async function sweep(): Promise<number> {
    const rows = (await calls.items("ordered")) as unknown as Row[];
    for (const row of rows.sort((a, b) => (a.place < b.place ? -1 : 1))) await sendRow(calls, keys, row);
    return rows.length;
  };
}

async function sendRow(calls: Calls, { olderFirst = false }: Keys, row: Row): Promise<void> {
  const older = olderFirst ? ((await calls.before("ordered", row.id, row.place)) as unknown as Row[]) : [];
  for (const { id, place, body, key } of [...older, row]) {
    const [sent] = await calls.send(process.env.ORDERED_QUEUE_URL ?? "", [body], key);
    if (!sent) throw new Error("refused");
    await calls.transact(deleteWrite("ordered", id, place));
  }
}

/** An id that lies in the shard of this number. */
function idInShard(prefix: string, wanted: number): string {
  const { shardOf, open } = streamLineage<string>({
    count: shardsDefault,
    openShard: ({ name }) => name,
    closeShard: () => undefined,
  });
  for (let n = 0; ; n++) if (shardOf(`${prefix}-${n}`) === open[wanted]) return `${prefix}-${n}`;
}

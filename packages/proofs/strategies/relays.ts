// Strategies of a relay: when a row of the outbox may go. Two rows wait.
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import { takeAll } from "@essentially-once/testing/internal/explorer/sandbox-resources";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { deleteWrite, openCalls } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

export const relayStrategies: readonly Strategy[] = [
  {
    name: "`Failed[]` of SendMessageBatch ignored",
    because: "messages are lost behind an HTTP 200",
    holds: false,
    scenario: relayScenario("relay, 200 is sent", { readsResults: false }),
  },
  {
    name: "only what SendMessageBatch confirmed is deleted",
    because: "each entry has its own result",
    holds: true,
    scenario: relayScenario("relay, confirmed is sent", { readsResults: true }),
  },
];

function relayScenario(name: string, { readsResults }: { readsResults: boolean }): Scenario {
  return {
    name,
    sandbox: {
      queues: { sent: {} },
      environment: (sandbox) => ({ SENT_QUEUE_URL: sandbox.queue("sent").url }),
    },
    functions: [
      {
        name: "relay",
        handler: () => relay({ readsResults }),
        by: { kind: "schedule", everySeconds: 60, isQuiet: (rows) => rows === 0 },
      },
    ],
    async begin(sandbox, unique) {
      const ids = [`${unique}-1`, `${unique}-2`];
      for (const id of ids) await sandbox.put("OUTBOX_TABLE", { id });
      return {
        async violations() {
          const sent = (await takeAll(sandbox.plain, sandbox.queue("sent").url)).map(({ body }) => body);
          const lost = ids.filter((id) => !sent.includes(id));
          return lost.length === 0
            ? []
            : [`G3: ${lost.length} of 2 messages are neither sent nor in the outbox`];
        },
      };
    },
  };
}

function relay({ readsResults }: { readsResults: boolean }): Handler {
  const calls = openCalls();
  return async function relayOnce(): Promise<number> {
    const ids = (await calls.items("outbox")).map(({ id }) => String(id)).sort();
    if (ids.length === 0) return 0;
    const confirmed = await calls.send(process.env.SENT_QUEUE_URL ?? "", ids);
    const sent = ids.filter((_, index) => confirmed[index] || !readsResults);
    if (sent.length > 0) await calls.transact(...sent.map((id) => deleteWrite("outbox", id)));
    return ids.length;
  };
}

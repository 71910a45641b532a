// From the outbox to the effect: a row, the publisher that signs, the queue, the consumer that verifies. What is altered
// on its way ends in the dead-letter queue and takes no effect; everything else takes effect once.
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { Deposited } from "./handlers/messages.ts";

export function journeyScenario(): Scenario {
  return {
    name: "journey of a signed message",
    tampering: true,
    sandbox: {
      guarded: true,
      tables: { ACCOUNTS_TABLE: {}, JOURNAL_TABLE: { sortKey: "sequence" } },
      environment: (sandbox) => ({
        ROUTES: JSON.stringify({ [Deposited.type]: [sandbox.queue("main").url] }),
      }),
    },
    functions: [
      { handler: "functions/relay/publish.ts", by: { kind: "stream", table: "OUTBOX_TABLE" } },
      {
        handler: "functions/relay/sweep.ts",
        by: {
          kind: "schedule",
          everySeconds: 61,
          isQuiet: (response) => (response as { rows: number }).rows === 0,
        },
      },
      { handler: "packages/proofs/scenarios/handlers/guarded.ts", by: { kind: "queue", queue: "main" } },
    ],
    async begin(sandbox, unique) {
      const deposited = Deposited.from({ account: unique, amount: 40 });
      const body = asciiJson(anEnvelope({ ...deposited, id: unique, source: "/bank" }));
      const row = `row-${unique}`;
      await sandbox.put("OUTBOX_TABLE", { id: row, createdAt: new Date().toISOString(), messages: [body] });
      return {
        async violations() {
          const sum = Number((await sandbox.get("ACCOUNTS_TABLE", unique))?.sum ?? 0);
          const deadLetters = await sandbox.deadLetters("main");
          const altered = deadLetters.filter((one) => one.body !== body);
          const wanted = altered.length > 0 && sum === 0 ? 0 : 40;
          return [
            ...(sum === wanted ? [] : [`G7: the sum is ${sum}, and not ${wanted}`]),
            ...altered
              .filter(({ reason }) => reason !== "SIGNATURE_INVALID")
              .map(({ reason }) => `G7: what was altered is parked as ${reason}`),
            ...(deadLetters.length === altered.length ? [] : ["G6: the message itself is parked"]),
            ...((await sandbox.get("OUTBOX_TABLE", row)) ? ["G3: the row is still in the outbox"] : []),
          ];
        },
      };
    },
  };
}

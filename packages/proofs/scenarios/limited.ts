// An effect behind a breaker and a rate under faults: whatever happens, the carrier has one consignment for each message, no
// two messages get one token, and no wait ends in a dead letter.

import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo, nothingParked } from "./deposits.ts";

export function limitedScenario({ messages = 2, workers = 1 } = {}): Scenario {
  let carrier: TestCarrier;
  return {
    name: "effect behind a breaker and a rate",
    without: {
      "frozen-before": {
        at: ["POST /consignments"],
        because: "as in the scenario of an effect under a lease (G8)",
      },
    },
    sandbox: {
      environment: () => ({ LIMITS: "api" }),
      async open() {
        carrier = await aCarrier();
        return { environment: { CARRIER_URL: carrier.url }, close: () => carrier.stop() };
      },
    },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/limited.ts",
        // One at a time: a process that is frozen at a call of one message would stop the request of another (G8).
        by: { kind: "queue", queue: "main", workers, batchSize: 1 },
      },
    ],
    async begin(sandbox, unique) {
      await forgetLimits(sandbox);
      const accounts = Array.from({ length: messages }, (_, nth) => `a${nth}-${unique}`);
      const deposits = accounts.map((account) => ({ account, amount: 1 }));
      await depositsTo(sandbox, "main", unique, deposits);
      return {
        async violations({ logs }) {
          const found = await nothingParked(sandbox, "main");
          for (const account of accounts) {
            const booked = carrier.consignments(account);
            const rows = await sandbox.rows({ producer: "explored-limited", key: account });
            if (booked !== 1) found.push(`G8: the carrier has ${booked} consignments`);
            if (rows.length !== 1) found.push("G1: the effect is not confirmed");
          }
          const failed = logs.filter(({ code }) => code === "FAILURE_NOT_SETTLED").length;
          return failed > 0 ? [...found, `G6: ${failed} waits were not settled`] : found;
        },
      };
    },
  };
}

/** Runs share their tables, and each begins at a time of its own. */
async function forgetLimits({ plain, table }: Sandbox): Promise<void> {
  for (const id of ["limit#api#rate", "limit#api#breaker"]) {
    const Key = marshall({ id });
    await plain.dynamodb.send(new DeleteItemCommand({ TableName: table("EVIDENCE_TABLE"), Key }));
  }
}

// An effect outside under faults: whatever happens, the carrier has one consignment for each message.

import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo, nothingParked } from "./deposits.ts";

/** With two messages their leases, and their results, share requests. */
export function effectScenario({ workers = 1, messages = 1 } = {}): Scenario {
  let carrier: TestCarrier;
  return {
    name: `effect under a lease${messages > 1 ? ", shared requests" : ""}`,
    without: {
      "frozen-before": {
        at: ["POST /consignments"],
        because:
          "a process stopped between its last check and its request, for longer than its lease, acts late: a carrier that keeps neither keys nor fences cannot tell (G8)",
      },
      ...(messages > 1 && {
        "frozen-after": {
          at: ["POST /consignments"],
          because: "the other message's request is then between its last check and its way out, as above",
        },
      }),
    },
    sandbox: {
      async open() {
        carrier = await aCarrier();
        return { environment: { CARRIER_URL: carrier.url }, close: () => carrier.stop() };
      },
    },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/effect.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const accounts = Array.from({ length: messages }, (_, n) => `a${n}-${unique}`);
      const deposits = accounts.map((account) => ({ account, amount: 1 }));
      await depositsTo(sandbox, "main", unique, deposits);
      return {
        async violations() {
          const found: string[] = [];
          for (const account of accounts) {
            const booked = carrier.consignments(account);
            const rows = await sandbox.rows({ producer: "explored-effect", key: account });
            if (booked !== 1) found.push(`G8: the carrier has ${booked} consignments`);
            if (rows.length !== 1) found.push("G1: the effect is not confirmed");
          }
          return [...found, ...(await nothingParked(sandbox, "main"))];
        },
      };
    },
  };
}

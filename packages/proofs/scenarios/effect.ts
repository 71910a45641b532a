// An effect outside under faults: whatever happens, the carrier has one consignment for each message.

import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo, nothingParked } from "./deposits.ts";

export function effectScenario({ workers = 1 } = {}): Scenario {
  let carrier: TestCarrier;
  return {
    name: "effect under a lease",
    without: {
      "frozen-before": {
        at: ["POST /consignments"],
        because:
          "a process stopped between its last check and its request, for longer than its lease, acts late: a carrier that keeps neither keys nor fences cannot tell (G8)",
      },
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
      const account = `a-${unique}`;
      await depositsTo(sandbox, "main", unique, [{ account, amount: 1 }]);
      return {
        async violations() {
          const booked = carrier.consignments(account);
          const rows = await sandbox.rows({ producer: "explored-effect", key: account });
          return [
            ...(booked === 1 ? [] : [`G8: the carrier has ${booked} consignments`]),
            ...(rows.length === 1 ? [] : ["G1: the effect is not confirmed"]),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { ordered } from "./contracts.ts";
import { Approved, type Settlement } from "./messages.ts";

const table = environment("ORDERED_TABLE");
const settlements = versionedTable<Settlement>(table);

export const handler = consumer(ordered)
  .use(guards())
  .use(idempotency({ evidence: inline({ table }) }))
  .use(claimCheck())
  .handler(async ({ data: { ask: id, amount } }, unit) => {
    const before = (await settlements.get(id)) ?? { id, version: 0, amount: 0 };
    unit.write(settlements.save({ ...before, amount: before.amount + amount }));
    unit.publish(Approved.from({ ask: id }));
  });

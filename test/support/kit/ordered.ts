import { claimCheck } from "../../../functions/messaging/claim-check.ts";
import { consumer } from "../../../functions/messaging/consumer.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { guards } from "../../../functions/messaging/guards.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { inline } from "../../../functions/messaging/inline.ts";
import { versionedTable } from "../../../functions/messaging/versioned-table.ts";
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

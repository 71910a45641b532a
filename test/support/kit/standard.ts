import { consumer } from "../../../functions/messaging/consumer.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { guards } from "../../../functions/messaging/guards.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { Park } from "../../../functions/messaging/outcome.ts";
import { rows } from "../../../functions/messaging/rows.ts";
import { versionedTable } from "../../../functions/messaging/versioned-table.ts";
import { standard } from "./contracts.ts";
import { Taken, type Till } from "./messages.ts";

const tills = versionedTable<Till>(environment("STANDARD_TABLE"));

export const handler = consumer(standard)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data: { ask, till: id, amount } }, unit) => {
    const till = await tills.get(id);
    if (till === undefined) throw new Park("TILL_UNKNOWN", `no till ${id}`);
    unit.write(tills.save({ ...till, available: till.available - amount }));
    unit.publish(Taken.from({ ask, amount }));
  });

import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
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

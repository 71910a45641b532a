import { claimCheck } from "../../../functions/messaging/claim-check.ts";
import { consumer } from "../../../functions/messaging/consumer.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { guards } from "../../../functions/messaging/guards.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { rows } from "../../../functions/messaging/rows.ts";
import { type Versioned, versionedTable } from "../../../functions/messaging/versioned-table.ts";
import { second } from "./contracts.ts";

const approvals = versionedTable<Versioned>(environment("SECOND_TABLE"));

export const handler = consumer(second)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { ask: id } }, unit) => {
    unit.write(approvals.save((await approvals.get(id)) ?? { id, version: 0 }));
  });

import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { second } from "./contracts.ts";

const approvals = versionedTable<Versioned>(environment("SECOND_TABLE"));

export const handler = consumer(second)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { ask: id } }, unit) => {
    unit.write(approvals.save((await approvals.get(id)) ?? { id, version: 0 }));
  });
